// The terminal pane: real requests, printed as a shell would show them.
import { post } from "./api.js";
import { notice } from "./dialogs.js";
import { arrange, clear, find, h } from "./dom.js";
import { icon } from "./icons.js";
import { on, person, store } from "./store.js";

const SIGNS = { allow: "✓", warn: "!", deny: "✕", error: "✕" };
let typing = null;

function lineNode(line) {
  const prompt = line.kind === "prompt";
  return h(
    "div",
    { class: `shell-line ${line.kind}` },
    prompt && h("span", { class: "shell-prompt" }, `${store.terminal.prompt} `),
    SIGNS[line.kind] && h("span", { class: "shell-sign", "aria-hidden": "true" }, SIGNS[line.kind]),
    h("span", {}, line.text),
  );
}

async function run(command, at, button) {
  if (typing) return;
  typing = command;
  button.setAttribute("aria-busy", "true");
  const answer = await post("terminal", { index: at });
  button.removeAttribute("aria-busy");
  typing = null;
  if (!answer.ok) notice(answer.error ?? "The command could not be run.", "error");
}

function drawCommands() {
  clear(
    find("#shell-commands"),
    store.terminal.commands.map((command, at) => {
      const again = store.terminal.lines.some((line) => line.kind === "prompt" && line.text === command.shown);
      const button = h("button", { class: "shell-run", type: "button", title: command.shown }, icon(again ? "again" : "play", 16), h("span", {}, h("strong", {}, again ? `${command.label} again` : command.label), h("code", {}, command.shown)));
      button.addEventListener("click", () => run(command, at, button));
      return button;
    }),
  );
}

function draw() {
  if (!store.terminal) return;
  const pane = find("#pane-terminal");
  if (!find(".shell", pane)) {
    clear(
      pane,
      h("div", { class: "shell", role: "group", "aria-label": "Terminal" }, h("div", { class: "shell-bar" }, h("i"), h("i"), h("i"), h("span", { id: "shell-title" })), h("div", { class: "shell-screen", id: "shell-screen", tabindex: "0", role: "log", "aria-label": "Output" })),
      h("div", { id: "shell-commands" }),
      h("p", { class: "aside", id: "shell-aside" }),
    );
    pane.addEventListener("shown", () => (find("#shell-screen").scrollTop = find("#shell-screen").scrollHeight));
  }
  const { title, lines, commands, prompt } = store.terminal;
  find("#shell-title").textContent = title;
  const screen = find("#shell-screen");
  const kept = [...screen.children].filter((node) => node.line);
  const nodes = lines.map((line, at) => {
    if (kept[at]?.line === line) return kept[at];
    return Object.assign(lineNode(line), { line });
  });
  const waiting = h("div", { class: "shell-line" }, h("span", { class: "shell-prompt" }, `${prompt} `), h("span", { class: "cursor" }));
  arrange(screen, [...nodes, waiting]);
  screen.scrollTop = screen.scrollHeight;
  drawCommands();
  const who = commands.map((one) => person(one.person)?.real_name.split(" ")[0]).find(Boolean);
  find("#shell-aside").textContent = `A gateway asks Tokens before each call whether ${who ? `${who}'s` : "the"} team has budget left. These requests are real; only the model's answer is made up.`.replace("Tokens", store.app.name);
}

on("all", () => {
  const screen = find("#shell-screen");
  if (screen) clear(screen);
  draw();
});
on("terminal", draw);
