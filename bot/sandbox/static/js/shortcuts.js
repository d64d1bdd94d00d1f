// The app's shortcuts: those for anywhere beside the line one writes in, those of a message in its own menu.
import { post } from "./api.js";
import { notice } from "./dialogs.js";
import { openMenu } from "./menus.js";
import { store } from "./store.js";

export const shortcutsOf = (kind) => store.shortcuts.filter((one) => one.kind === kind);

/** Opens the list of shortcuts at `anchor`: those of `message`, or the global ones. */
export function offerShortcuts(anchor, message = null) {
  const options = shortcutsOf(message ? "message" : "global").map((one) => ({ value: one.id, label: one.name, hint: one.hint }));
  const place = message ? { channel: message.channel, ts: message.ts } : {};
  openMenu(anchor, options, async (chosen) => {
    const answer = await post("shortcut", { id: chosen.value, ...place });
    if (!answer.ok) notice(answer.error ?? "That did not work. Try again.", "error");
  }, { label: message ? "Shortcuts of this message" : "Shortcuts" });
}
