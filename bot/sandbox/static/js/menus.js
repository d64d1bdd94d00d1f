// Menus that open beside a button: overflow menus, selects, pickers. They live in the browser's top layer, above modals.
import { clear, fresh, h } from "./dom.js";
import { icon } from "./icons.js";

function place(menu, anchor) {
  const box = anchor.getBoundingClientRect();
  menu.style.minWidth = `${Math.max(180, Math.min(box.width, 420))}px`;
  const { width, height } = menu.getBoundingClientRect();
  const below = window.innerHeight - box.bottom - 12;
  const top = below >= height || below >= box.top ? box.bottom + 4 : Math.max(8, box.top - height - 4);
  const left = anchor.dataset.side === "end" ? box.right - width : box.left;
  menu.style.top = `${top}px`;
  menu.style.left = `${Math.max(8, Math.min(left, window.innerWidth - width - 8))}px`;
  menu.style.maxHeight = `${Math.max(140, Math.min(380, Math.max(below, box.top - 12)))}px`;
}

/**
 * Opens a list of `options` ({value, label, hint?, before?, url?, group?}) at `anchor` and calls `chosen(option)`.
 * `choice`: a select rather than a menu of commands; `several`: a set of chosen values, toggled without closing. Lists of more than eight can be searched.
 */
export function openMenu(anchor, options, chosen, { label, selected = null, several = null, choice = Boolean(several) } = {}) {
  const list = h("div", { class: "menu-list", role: choice ? "listbox" : "menu", "aria-label": label, "aria-multiselectable": several ? "true" : undefined });
  const search = options.length > 8 ? h("input", { class: "input menu-search", type: "search", placeholder: "Search", "aria-label": "Search the list", autocomplete: "off" }) : null;
  const menu = h("div", { class: "menu", popover: "auto", id: fresh("menu") }, search, list);
  const isOn = (value) => (several ? several.has(value) : value === selected);

  const item = (option) =>
    h(
      "button",
      {
        class: "menu-item", type: "button", role: choice ? "option" : "menuitem", tabindex: "-1", data: { value: option.value }, "aria-selected": choice ? String(isOn(option.value)) : undefined,
        on: {
          click: () => {
            if (several) several.has(option.value) ? several.delete(option.value) : several.add(option.value);
            chosen(option);
            if (several) draw(search?.value ?? "", option.value);
            else menu.hidePopover();
          },
        },
      },
      option.before,
      h("span", { class: "menu-words" }, h("span", {}, option.label), option.hint && h("small", {}, option.hint)),
      isOn(option.value) && h("span", { class: "menu-tick" }, icon("check", 16)),
    );

  function draw(sought, focus = null) {
    const found = options.filter((option) => `${option.plain ?? option.label} ${option.hint ?? ""}`.toLowerCase().includes(sought.toLowerCase()));
    let group = null;
    clear(list, found.flatMap((option) => {
      const head = option.group && option.group !== group ? h("div", { class: "menu-group" }, (group = option.group)) : null;
      return [head, item(option)];
    }));
    if (!found.length) list.append(h("div", { class: "menu-empty" }, "Nothing found"));
    if (focus !== null) list.querySelector(`[data-value="${CSS.escape(focus)}"]`)?.focus();
  }

  draw("");
  search?.addEventListener("input", () => draw(search.value));
  menu.addEventListener("keydown", (event) => {
    const items = [...list.querySelectorAll(".menu-item")];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined && items.length && (document.activeElement !== search || event.key === "ArrowDown")) {
      event.preventDefault();
      items[(to + items.length) % items.length].focus();
    } else if (event.key === "Enter" && document.activeElement === search) {
      event.preventDefault();
      items[0]?.click();
    } else if (event.key === "Tab") menu.hidePopover();
  });
  menu.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    anchor.setAttribute("aria-expanded", "false");
    if (menu.contains(document.activeElement) || document.activeElement === document.body) anchor.focus({ preventScroll: true });
    menu.remove();
  });
  (anchor.closest("dialog") ?? document.body).append(menu);
  menu.showPopover();
  anchor.setAttribute("aria-expanded", "true");
  place(menu, anchor);
  (search ?? list.querySelector(".menu-item[aria-selected=true], .menu-item"))?.focus({ preventScroll: true });
  return menu;
}

/** A button that shows what is chosen and opens the list: a select that looks the same everywhere. */
export function selectButton({ options, placeholder, label, value, several, changed, small }) {
  const chosen = several ? new Set(value ?? []) : null;
  let current = value ?? null;
  const words = h("span", { class: "select-words" });
  const button = h("button", { class: small ? "select small" : "select", type: "button", "aria-haspopup": "listbox", "aria-expanded": "false", "aria-label": label }, words, icon("down", 16));
  function draw() {
    const on = options.filter((option) => (several ? chosen.has(option.value) : option.value === current));
    const empty = !on.length;
    words.classList.toggle("unset", empty);
    clear(words, empty ? placeholder : several ? on.map((option) => h("span", { class: "chip" }, option.plain ?? option.label)) : on[0].label);
    if (label) button.setAttribute("aria-label", `${label}: ${empty ? placeholder : on.map((option) => option.plain ?? "").join(", ")}`);
  }
  button.addEventListener("click", () =>
    openMenu(button, options.map((option) => ({ ...option, label: option.draw ? option.draw() : option.label })), (option) => {
      if (!several) current = option.value;
      draw();
      changed(several ? [...chosen] : current, option);
      button.dispatchEvent(new Event("change", { bubbles: true }));
    }, { label: label ?? placeholder, selected: current, several: chosen, choice: true }));
  draw();
  return button;
}
