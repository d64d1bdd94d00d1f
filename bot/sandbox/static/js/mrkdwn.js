// Slack's mrkdwn as nodes: *bold* _italic_ ~strike~ `code`, fences, quotes, bullets, links, mentions, dates and emoji.
import { h } from "./dom.js";
import { datePattern } from "./dates.js";
import { emoji, withEmoji } from "./emoji.js";
import { channel, nameOf, store } from "./store.js";

const INLINE = new RegExp(
  [
    "`(?<code>[^`\\n]+)`",
    "<(?<token>[^<>\\n]+)>",
    "(?<url>https?://[^\\s<>|*~`]+[^\\s<>|*~`.,;:!?)'\"])",
    ":(?<emoji>[a-z0-9_+'-]+)(?:::skin-tone-\\d)?:",
    ...[["bold", "\\*"], ["italic", "_"], ["strike", "~"]].map(([name, mark]) => `(?<![\\p{L}\\p{N}${mark}])${mark}(?=\\S)(?<${name}>(?:<[^<>]*>|\`[^\`]*\`|[^\\n\`<])+?)(?<=\\S)${mark}(?![\\p{L}\\p{N}${mark}])`),
  ].join("|"),
  "gu",
);
const TAGS = { bold: "strong", italic: "em", strike: "s" };

export const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

const mention = (text, mine = false) => h("span", { class: mine ? "mention mine" : "mention" }, text);

export function personMention(id) {
  return mention(`@${nameOf(id)}`, id === store.acting?.id);
}

export function channelMention(id, label) {
  const known = channel(id);
  const name = `#${known?.name ?? label ?? id}`;
  return known ? h("a", { class: "mention", href: `#at=${id}` }, name) : mention(name);
}

/** Addresses a browser may follow; a javascript: one may not. */
export const followable = (url) => /^(https?:|mailto:|tel:|\/)/i.test(url);

export function link(url, text) {
  if (!followable(url)) return text;
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text);
}

function token(body, leads) {
  const bar = body.indexOf("|");
  const target = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? null : unescape(body.slice(bar + 1));
  if (target.startsWith("@")) return personMention(target.slice(1));
  if (target.startsWith("#")) return channelMention(target.slice(1), label);
  if (target.startsWith("!date^")) {
    const [, at, pattern, url] = target.split("^");
    const said = datePattern(Number(at), pattern ?? "", label ?? at, leads);
    const node = h("time", { datetime: new Date(Number(at) * 1000 || 0).toISOString(), title: label }, said);
    return url ? link(unescape(url), node) : node;
  }
  if (target.startsWith("!subteam^")) {
    const group = store.usergroups.find((one) => one.id === target.slice(9));
    return mention(label ?? `@${group?.handle ?? target.slice(9)}`);
  }
  if (target.startsWith("!")) return mention(`@${label ?? target.slice(1)}`, true);
  const url = unescape(target);
  return link(url, label ?? url.replace(/^mailto:/, ""));
}

export function inline(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) nodes.push(...withEmoji(unescape(text.slice(from, match.index))));
    from = match.index + match[0].length;
    const { code, token: body, url, emoji: name } = match.groups;
    const styled = Object.keys(TAGS).find((style) => match.groups[style] !== undefined);
    if (code !== undefined) nodes.push(h("code", {}, unescape(code)));
    else if (body !== undefined) nodes.push(token(body, match.index === 0));
    else if (url !== undefined) nodes.push(link(unescape(url), unescape(url)));
    else if (name !== undefined) nodes.push(emoji(name) ?? match[0]);
    else nodes.push(h(TAGS[styled], {}, inline(match.groups[styled])));
  }
  if (from < text.length) nodes.push(...withEmoji(unescape(text.slice(from))));
  return nodes;
}

const LINES = [
  ["quote", /^(?:&gt;|>) ?(?<rest>.*)$/],
  ["bullet", /^(?<lead>[•◦▪]|-)\s+(?<rest>.*)$/],
  ["number", /^(?<lead>\d{1,2}\.)\s+(?<rest>.*)$/],
];

function paragraphs(text) {
  const nodes = [];
  let quote = null;
  for (const line of text.split("\n")) {
    const [kind, match] = LINES.map(([name, shape]) => [name, line.match(shape)]).find(([, found]) => found) ?? ["plain", null];
    const body = kind === "quote" ? match.groups.rest : line;
    if (kind !== "quote") quote = null;
    if (kind === "quote") {
      if (!quote) nodes.push((quote = h("blockquote")));
      quote.append(h("span", { class: "line" }, inline(body)));
    } else if (match) nodes.push(h("span", { class: "item" }, h("span", { class: "lead" }, match.groups.lead === "-" ? "•" : match.groups.lead), h("span", {}, inline(match.groups.rest))));
    else nodes.push(h("span", { class: line ? "line" : "line blank" }, inline(body)));
  }
  return nodes;
}

/** A mrkdwn text as nodes, fences included. */
export function mrkdwn(text) {
  return String(text ?? "")
    .split(/```\n?([\s\S]*?)\n?```/)
    .flatMap((part, at) => (at % 2 ? [h("pre", {}, unescape(part))] : part.replace(/^\n|\n$/g, "") ? paragraphs(at ? part.replace(/^\n/, "") : part) : []));
}

/** A text object ({type: "mrkdwn" | "plain_text", text}) as nodes. */
export function textOf(object) {
  if (!object) return [];
  if (typeof object === "string") return withEmoji(object);
  if (object.type === "mrkdwn") return mrkdwn(object.text);
  return plain(object);
}

/** A plain_text object on one run of text: emoji names are drawn, nothing else is read. */
export function plain(object) {
  const text = typeof object === "string" ? object : (object?.text ?? "");
  if (object?.emoji === false) return withEmoji(text);
  return text.split(/(:[a-z0-9_+'-]+:)/).flatMap((part) => (/^:[a-z0-9_+'-]+:$/.test(part) ? [emoji(part.slice(1, -1)) ?? part] : withEmoji(part)));
}
