// Block Kit as nodes: one small function for each type of block.
import { fresh, h } from "./dom.js";
import { chartBlock } from "./charts.js";
import { element } from "./elements.js";
import { icon } from "./icons.js";
import { field } from "./inputs.js";
import { mrkdwn, plain, textOf } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { dataTableBlock, tableBlock } from "./tables.js";

const source = (one) => one.slack_file?.url ?? (one.slack_file?.id ? `/files/${encodeURIComponent(one.slack_file.id)}` : one.image_url);

function image(one, small) {
  const node = h("img", { src: source(one), alt: one.alt_text ?? "", class: small ? "image-small" : "image", loading: "lazy", width: one.image_width, height: one.image_height });
  node.addEventListener("error", () => node.replaceWith(h("span", { class: "image-lost" }, icon("warn", 16), one.alt_text || "This image could not be loaded")));
  return node;
}

function zoomable(node) {
  const open = () => {
    const dialog = h("dialog", { class: "lightbox", "aria-label": node.alt, on: { click: () => dialog.close(), close: () => dialog.remove() } }, h("img", { src: node.src, alt: node.alt }), h("p", {}, node.alt));
    document.body.append(dialog);
    dialog.showModal();
  };
  return h("button", { class: "zoom", type: "button", "aria-label": `Enlarge: ${node.alt}`, on: { click: open } }, node);
}

function section(block, ctx) {
  const words = [
    block.text && h("div", { class: "text" }, textOf(block.text)),
    block.fields && h("div", { class: "fields" }, block.fields.map((one) => h("div", { class: "text" }, textOf(one)))),
  ];
  if (!block.accessory) return h("div", { class: "section" }, words);
  const side = block.accessory.type === "image" ? image(block.accessory, true) : element(block.accessory, block, { ...ctx, acts: true });
  return h("div", { class: `section with-accessory accessory-${block.accessory.type}` }, h("div", { class: "section-words" }, words), h("div", { class: "accessory" }, side));
}

function input(block, ctx) {
  const labelId = fresh("label");
  const hintId = block.hint ? fresh("hint") : null;
  const errorId = fresh("error");
  const error = ctx.errors?.[block.block_id];
  const ids = { "aria-describedby": [error && errorId, hintId].filter(Boolean).join(" ") || null, "aria-invalid": error ? "true" : null, required: undefined };
  const node = element(block.element, block, { ...ctx, acts: Boolean(block.dispatch_action), label: block.label.text, ids });
  return field(block, node, { error, labelId, hintId, errorId });
}

const DRAW = {
  header: (block) => h("h3", { class: "header" }, plain(block.text)),
  divider: () => h("hr"),
  section,
  input,
  context: (block) => h("div", { class: "context" }, block.elements.map((one) => (one.type === "image" ? image(one, true) : h("span", { class: "text" }, textOf(one))))),
  actions: (block, ctx) => h("div", { class: "actions" }, block.elements.map((one) => element(one, block, { ...ctx, acts: true }))),
  context_actions: (block, ctx) => h("div", { class: "actions" }, block.elements.filter((one) => one.type === "icon_button").map((one) => element({ ...one, type: "button" }, block, { ...ctx, acts: true }))),
  image: (block) => h("figure", { class: "picture" }, block.title && h("figcaption", {}, plain(block.title)), zoomable(image(block))),
  rich_text: (block) => h("div", { class: "text" }, richText(block)),
  markdown: (block) => h("div", { class: "text" }, mrkdwn(block.text.replace(/\*\*(.+?)\*\*/g, "*$1*").replace(/^#{1,4} (.*)$/gm, "*$1*").replace(/\[([^\]]+)\]\(([^)]+)\)/g, "<$2|$1>"))),
  table: tableBlock,
  data_table: dataTableBlock,
  data_visualization: chartBlock,
  alert: (block) => h("div", { class: `alert ${block.level ?? "default"}`, role: block.level === "error" ? "alert" : "note" }, icon({ success: "check", error: "warn", warning: "warn" }[block.level] ?? "info", 18), h("div", { class: "text" }, textOf(block.text))),
  video: (block) => h("div", { class: "section" }, plain(block.title)),
};

/**
 * Draws `blocks`. `ctx`: {form: Form, act: async (action) => …, errors?: {block_id: text}}.
 * A block of an unknown type is named rather than dropped.
 */
export function drawBlocks(blocks, ctx) {
  return blocks.map((block) => {
    const draw = DRAW[block.type];
    const node = draw ? draw(block, ctx) : h("div", { class: "unknown" }, `[${block.type} block]`);
    return h("div", { class: `block block-${block.type}` }, node);
  });
}
