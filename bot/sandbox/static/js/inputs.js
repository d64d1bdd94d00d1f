// Inputs people type into or tick: text, numbers, dates, check boxes and radio buttons.
import { fresh, h } from "./dom.js";
import { plain, textOf } from "./mrkdwn.js";

const entersAct = (element) => element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];

function typed(element, block, ctx, props) {
  const multiline = element.type === "plain_text_input" && element.multiline;
  const value = ctx.form.begin(block.block_id, element.action_id, element.initial_value ?? null);
  const count = element.max_length && element.max_length < 3000 ? h("span", { class: "count", "aria-hidden": "true" }) : null;
  const node = h(multiline ? "textarea" : "input", {
    class: "input", ...props, rows: multiline ? 4 : undefined, placeholder: element.placeholder?.text, value: value ?? "", autocomplete: "off", maxlength: element.max_length,
    "aria-label": ctx.label ? undefined : (element.placeholder?.text ?? "Text"), ...ctx.ids, data: { action: element.action_id },
  });
  const tell = () => count && (count.textContent = String(element.max_length - node.value.length));
  let waiting;
  node.addEventListener("input", () => {
    ctx.form.set(block.block_id, element.action_id, node.value);
    tell();
    if (!ctx.acts || !entersAct(element).includes("on_character_entered")) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => ctx.run(node, node.value), 400);
  });
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || multiline || !ctx.acts || !entersAct(element).includes("on_enter_pressed")) return;
    event.preventDefault();
    ctx.run(node, node.value);
  });
  tell();
  return count ? h("span", { class: "counted" }, node, count) : node;
}

function picked(element, block, ctx, type, initial, read = (value) => value) {
  const value = ctx.form.begin(block.block_id, element.action_id, initial);
  const shown = type === "datetime-local" && value ? new Date((value - new Date().getTimezoneOffset() * 60) * 1000).toISOString().slice(0, 16) : value;
  const node = h("input", { class: "input picker", type, value: shown ?? "", "aria-label": ctx.label ? undefined : (element.placeholder?.text ?? "Date"), ...ctx.ids, data: { action: element.action_id } });
  node.addEventListener("change", () => {
    const now = node.value ? read(node.value) : null;
    ctx.form.set(block.block_id, element.action_id, now);
    if (ctx.acts) ctx.run(node, now);
  });
  return node;
}

function ticks(element, block, ctx, type) {
  const single = type === "radio";
  const start = single ? (element.initial_option?.value ?? null) : (element.initial_options?.map((option) => option.value) ?? null);
  const value = ctx.form.begin(block.block_id, element.action_id, start);
  const name = fresh("tick");
  const group = h("div", { class: "ticks", role: single ? "radiogroup" : "group", "aria-label": ctx.label ?? "Options" });
  const read = () => {
    const on = [...group.querySelectorAll("input:checked")].map((one) => one.value);
    return single ? (on[0] ?? null) : on.length ? on : null;
  };
  group.append(
    ...element.options.map((option) =>
      h("label", { class: "tick" }, h("input", { type, name, value: option.value, checked: single ? value === option.value : (value ?? []).includes(option.value) }), h("span", {}, textOf(option.text), option.description && h("small", {}, textOf(option.description))))),
  );
  group.addEventListener("change", () => {
    ctx.form.set(block.block_id, element.action_id, read());
    if (ctx.acts) ctx.run(group, single ? read() : (read() ?? []));
  });
  return group;
}

export const inputs = {
  plain_text_input: (element, block, ctx) => typed(element, block, ctx, { type: element.multiline ? undefined : "text" }),
  number_input: (element, block, ctx) => typed(element, block, ctx, { type: "text", inputmode: element.is_decimal_allowed ? "decimal" : "numeric" }),
  email_text_input: (element, block, ctx) => typed(element, block, ctx, { type: "email" }),
  url_text_input: (element, block, ctx) => typed(element, block, ctx, { type: "url" }),
  datepicker: (element, block, ctx) => picked(element, block, ctx, "date", element.initial_date ?? null),
  timepicker: (element, block, ctx) => picked(element, block, ctx, "time", element.initial_time ?? null),
  datetimepicker: (element, block, ctx) => picked(element, block, ctx, "datetime-local", element.initial_date_time ?? null, (value) => Math.floor(new Date(value).getTime() / 1000)),
  checkboxes: (element, block, ctx) => ticks(element, block, ctx, "checkbox"),
  radio_buttons: (element, block, ctx) => ticks(element, block, ctx, "radio"),
};

/** What an input block's label, hint and error look like around its element. */
export function field(block, node, { error, labelId, hintId, errorId }) {
  const target = node.querySelector?.("input, textarea, button") ?? node;
  if (!target.id && target.matches?.("input, textarea, button")) target.id = fresh("field");
  return h(
    "div",
    { class: error ? "field wrong" : "field", data: { block: block.block_id } },
    h("label", { id: labelId, for: node.classList?.contains("ticks") ? undefined : target.id }, plain(block.label), block.optional && h("span", { class: "optional" }, " (optional)")),
    node,
    h("p", { class: "field-error", id: errorId, role: "alert" }, error ?? ""),
    block.hint && h("p", { class: "hint", id: hintId }, plain(block.hint)),
  );
}
