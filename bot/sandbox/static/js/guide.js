// "Try it": the suggested steps with their check marks, and the buttons that make something happen.
import { post } from "./api.js";
import { notice } from "./dialogs.js";
import { clear, find, h } from "./dom.js";
import { icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { showPane } from "./panes.js";
import { avatar } from "./people.js";
import { actAs, openChannel, openHome } from "./session.js";
import { on, person, store } from "./store.js";

async function takeThere(step) {
  if (step.person && step.person !== store.acting.id) await actAs(step.person, step.channel ?? (step.pane === "home" ? "home" : undefined));
  else if (step.channel) openChannel(step.channel);
  else if (step.pane === "home") openHome();
  if (step.pane && step.pane !== "home") showPane(step.pane);
  else document.body.classList.remove("show-panes");
}

function whereTo(step) {
  if (step.pane === "terminal") return "Open the terminal";
  if (step.pane === "home") return "Open Home";
  if (step.pane === "traffic") return "Show the traffic";
  const who = step.person ? person(step.person)?.real_name.split(" ")[0] : null;
  return who ? `Go there as ${who}` : "Take me there";
}

function stepNode(step, at, next) {
  const isNext = at === next;
  const goes = step.person || step.channel || step.pane;
  return h(
    "li",
    { class: `step${step.done ? " done" : ""}${isNext ? " next" : ""}`, "aria-current": isNext ? "step" : undefined },
    h("span", { class: "step-mark" }, step.done ? icon("check", 15) : String(at + 1), h("span", { class: "unseen" }, step.done ? " done" : "")),
    h(
      "div",
      {},
      h("h3", {}, step.title),
      h("div", { class: "text" }, mrkdwn(step.text)),
      goes && !step.done && h("button", { class: isNext ? "button primary small" : "button small", type: "button", on: { click: () => takeThere(step) } }, step.person && avatar(step.person, 18), whereTo(step)),
    ),
  );
}

function controlNode(control) {
  const button = h("button", { class: "button control", type: "button", data: { control: control.id } }, icon({ spike: "bolt" }[control.id] ?? (/jump|monday|time|\d{1,2}:\d\d/i.test(control.label) ? "clock" : "play"), 17), h("span", { class: "button-words" }, control.label));
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    const answer = await post("control", { id: control.id });
    button.removeAttribute("aria-busy");
    if (answer.ok && answer.channel) openChannel(answer.channel), document.body.classList.remove("show-panes");
    notice(answer.text ?? answer.error ?? (answer.ok ? `${control.label}: done.` : "That did not work."), answer.ok ? "info" : "error");
  });
  return h("div", { class: "control-row" }, button, control.hint && h("p", {}, control.hint));
}

function draw() {
  if (!store.ready) return;
  const done = store.steps.filter((step) => step.done).length;
  const next = store.steps.findIndex((step) => !step.done);
  const all = store.steps.length;
  clear(
    find("#pane-try"),
    all > 0 && h("header", { class: "pane-intro" }, h("h2", {}, next < 0 ? "That is the whole loop" : `${{ 1: "One step", 2: "Two steps", 3: "Three steps", 4: "Four steps" }[all] ?? `${all} steps`} to see it work`), h("div", { class: "progress", role: "progressbar", "aria-label": "Steps done", "aria-valuemin": "0", "aria-valuemax": String(all), "aria-valuenow": String(done) }, store.steps.map((step) => h("i", { class: step.done ? "on" : "" })))),
    all > 0 && h("ol", { class: "steps" }, store.steps.map((step, at) => stepNode(step, at, next))),
    store.controls.length > 0 && h("section", { class: "controls" }, h("h2", {}, "Make something happen"), store.controls.map(controlNode)),
    h("p", { class: "aside" }, `This workspace is a stand-in that runs on your machine alone. ${store.app.name} talks to it exactly as it talks to Slack; every request is in Traffic.`),
  );
}

on("all steps", draw);
