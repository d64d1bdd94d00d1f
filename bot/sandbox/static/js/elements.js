// Interactive elements outside of input blocks' labels: buttons, menus, selects, pickers.
import { h } from "./dom.js";
import { confirmed } from "./dialogs.js";
import { icon } from "./icons.js";
import { inputs } from "./inputs.js";
import { openMenu, selectButton } from "./menus.js";
import { followable, plain } from "./mrkdwn.js";
import { avatar } from "./people.js";
import { store } from "./store.js";

const visit = (url) => url && followable(url) && window.open(url, "_blank", "noopener");

/** Runs one action of `element`: asks first when it wants that, and shows that it is under way. */
async function act(node, element, block, ctx, value) {
  if (element.confirm && !(await confirmed(element.confirm))) return false;
  visit(element.url);
  node.setAttribute("aria-busy", "true");
  await ctx.act({ block_id: block.block_id, action_id: element.action_id, ...(value === undefined ? {} : { value }) });
  node.removeAttribute("aria-busy");
  return true;
}

function button(element, block, ctx) {
  const node = h(
    "button",
    { class: `button ${element.style ?? ""}`, type: "button", "aria-label": element.accessibility_label, data: { action: element.action_id } },
    h("span", { class: "button-words" }, plain(element.text)),
  );
  node.addEventListener("click", () => node.getAttribute("aria-busy") || act(node, element, block, ctx));
  return node;
}

function overflow(element, block, ctx) {
  const node = h("button", { class: "button overflow", type: "button", "aria-label": element.accessibility_label ?? "More actions", "aria-haspopup": "menu", "aria-expanded": "false", data: { action: element.action_id } }, icon("dots"));
  const options = element.options.map((option) => ({ value: option.value, label: plain(option.text), hint: option.description?.text, plain: option.text.text, url: option.url }));
  node.addEventListener("click", () =>
    openMenu(node, options.map((option, at) => ({ ...option, label: plain(element.options[at].text) })), (option) => {
      visit(option.url);
      act(node, element, block, ctx, option.value);
    }, { label: "More actions" }));
  return node;
}

const asOption = (option, group) => ({ value: option.value, label: option.text.text, draw: () => plain(option.text), plain: option.text.text, hint: option.description?.text, group });

const CHOICES = {
  static_select: (element) => element.options?.map((option) => asOption(option)) ?? element.option_groups.flatMap((group) => group.options.map((option) => asOption(option, group.label.text))),
  users_select: () => store.people.map((one) => ({ value: one.id, label: one.real_name, plain: one.real_name, hint: one.title, draw: () => one.real_name, before: avatar(one.id, 22) })),
  channels_select: () => store.channels.filter((one) => !one.is_archived).map((one) => ({ value: one.id, label: `#${one.name}`, plain: `#${one.name}` })),
};
CHOICES.conversations_select = CHOICES.channels_select;
CHOICES.external_select = () => [];

function initial(element) {
  if (element.initial_options) return element.initial_options.map((option) => option.value);
  return element.initial_option?.value ?? element.initial_user ?? element.initial_channel ?? element.initial_conversation ?? element.initial_users ?? element.initial_channels ?? element.initial_conversations ?? null;
}

function select(element, block, ctx) {
  const several = element.type.startsWith("multi_");
  const kind = several ? element.type.slice(6) : element.type;
  const options = CHOICES[kind](element);
  const set = ctx.form.begin(block.block_id, element.action_id, initial(element));
  const node = selectButton({
    options,
    several,
    value: set,
    placeholder: element.placeholder?.text ?? "Choose an option",
    label: ctx.label ?? element.placeholder?.text,
    changed: async (value) => {
      if (several && element.max_selected_items && value.length > element.max_selected_items) return;
      ctx.form.set(block.block_id, element.action_id, several && !value.length ? null : value);
      if (ctx.acts) await act(node, element, block, ctx, value);
    },
  });
  return node;
}

const DRAW = {
  button, overflow, workflow_button: button,
  ...Object.fromEntries(Object.keys(CHOICES).flatMap((kind) => [[kind, select], [`multi_${kind}`, select]])),
};

/**
 * One element of an actions, section or input block. `ctx`: {form, act(action), acts, label, ids}; `acts` says whether a change
 * is an action (in actions and sections) or only a value (in inputs).
 */
export function element(one, block, ctx) {
  const draw = DRAW[one.type] ?? inputs[one.type];
  if (!draw) return h("span", { class: "unknown" }, `[${one.type}]`);
  return draw(one, block, { ...ctx, run: (node, value) => act(node, one, block, ctx, value) });
}
