// While a button is held down nothing is redrawn: a click whose target goes between press and release reaches nobody.

let held = false;
let later = null; // what waits for the release

/** Runs `redraw` once nothing is held down; answers false when that is now, so that the caller runs it. */
export function waitsForRelease(redraw) {
  if (!held) return false;
  later = redraw;
  return true;
}

const letGo = () => (held = false);

function released() {
  // The click comes after the release, in the same task: its listeners have run when this does.
  setTimeout(() => {
    if (held) return;
    const redraw = later;
    later = null;
    redraw?.();
  });
}

const presses = (event) => event.button === 0 && event.isPrimary;
const byKey = (event) => event.key === " " && event.target.closest?.("button, summary, [role=option]");

addEventListener("pointerdown", (event) => presses(event) && (held = true), true);
addEventListener("keydown", (event) => byKey(event) && (held = true), true);
addEventListener("click", letGo, true); // what its listeners change of themselves is drawn at once
for (const end of ["pointerup", "pointercancel", "keyup", "contextmenu"]) addEventListener(end, () => (letGo(), released()), true);
addEventListener("blur", () => (letGo(), released())); // the window's own
// A release outside of the window may never be heard: the next move without a button says so.
addEventListener("pointermove", (event) => held && !event.buttons && (letGo(), released()), true);
