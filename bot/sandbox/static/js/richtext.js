// rich_text blocks: sections, lists, quotes and preformatted text.
import { h } from "./dom.js";
import { datePattern } from "./dates.js";
import { emoji, withEmoji } from "./emoji.js";
import { channelMention, link, personMention } from "./mrkdwn.js";
import { store } from "./store.js";

function styled(nodes, style = {}) {
  let node = nodes;
  if (style.code) node = h("code", {}, node);
  if (style.bold) node = h("strong", {}, node);
  if (style.italic) node = h("em", {}, node);
  if (style.strike) node = h("s", {}, node);
  return node;
}

function leaf(element) {
  switch (element.type) {
    case "text": return styled(withEmoji(element.text), element.style);
    case "link": return styled(link(element.url, element.text ?? element.url), element.style);
    case "emoji": return emoji(element.name) ?? (element.unicode ? String.fromCodePoint(...element.unicode.split("-").map((code) => parseInt(code, 16))) : `:${element.name}:`);
    case "user": return personMention(element.user_id);
    case "channel": return channelMention(element.channel_id);
    case "usergroup": return h("span", { class: "mention" }, `@${store.usergroups.find((one) => one.id === element.usergroup_id)?.handle ?? "group"}`);
    case "broadcast": return h("span", { class: "mention mine" }, `@${element.range}`);
    case "date": return h("time", {}, datePattern(element.timestamp, element.format ?? "{date}", element.fallback ?? ""));
    case "color": return h("code", {}, element.value);
    default: return element.text ?? "";
  }
}

function list(element) {
  const ordered = element.style === "ordered";
  return h(ordered ? "ol" : "ul", { class: `rich-list indent-${element.indent ?? 0}`, start: ordered && element.offset ? element.offset + 1 : undefined }, element.elements.map((item) => h("li", {}, item.elements.map(leaf))));
}

function part(element) {
  const inside = () => element.elements.map(leaf);
  switch (element.type) {
    case "rich_text_list": return list(element);
    case "rich_text_quote": return h("blockquote", {}, inside());
    case "rich_text_preformatted": return h("pre", {}, inside());
    default: return h("span", { class: "line rich" }, inside());
  }
}

export const richText = (block) => block.elements.map(part);
