// JSON as coloured text, and form bodies with JSON inside them opened up.
import { h } from "./dom.js";

const pad = (depth) => "  ".repeat(depth);

function parts(value, depth) {
  if (value === null) return [h("i", { class: "j-null" }, "null")];
  if (typeof value === "string") return [h("i", { class: "j-text" }, JSON.stringify(value))];
  if (typeof value !== "object") return [h("i", { class: "j-number" }, String(value))];
  const list = Array.isArray(value);
  const entries = list ? value.map((item) => [null, item]) : Object.entries(value);
  const [left, right] = list ? "[]" : "{}";
  if (!entries.length) return [left + right];
  const lines = entries.flatMap(([key, item], at) => [`\n${pad(depth + 1)}`, key !== null && h("i", { class: "j-key" }, JSON.stringify(key)), key !== null && ": ", ...parts(item, depth + 1), at < entries.length - 1 && ","]);
  return [left, ...lines, `\n${pad(depth)}${right}`];
}

export function jsonNode(value) {
  if (typeof value !== "string") return h("code", {}, parts(value, 0));
  try {
    const read = JSON.parse(value);
    return typeof read === "object" && read ? h("code", {}, parts(read, 0)) : h("code", {}, value);
  } catch {
    return h("code", {}, value);
  }
}
