// Pie charts: a ring with its total, and a legend that carries label, value and share.
import { h, svg } from "./dom.js";
import { exact, short } from "./scales.js";

const SIZE = 176;
const OUTER = 84;
const INNER = 52;

function arc(from, to) {
  const point = (turn, radius) => [Math.sin(turn * 2 * Math.PI) * radius, -Math.cos(turn * 2 * Math.PI) * radius].map((value) => value.toFixed(2)).join(" ");
  if (to - from > 0.9999) return `M0 ${-OUTER}A${OUTER} ${OUTER} 0 1 1 -0.01 ${-OUTER}ZM0 ${-INNER}A${INNER} ${INNER} 0 1 0 0.01 ${-INNER}Z`;
  const large = to - from > 0.5 ? 1 : 0;
  return `M${point(from, OUTER)}A${OUTER} ${OUTER} 0 ${large} 1 ${point(to, OUTER)}L${point(to, INNER)}A${INNER} ${INNER} 0 ${large} 0 ${point(from, INNER)}Z`;
}

export function drawPie(chart, width, money, show) {
  const total = chart.segments.reduce((sum, one) => sum + one.value, 0) || 1;
  const share = (value) => `${((value / total) * 100).toFixed(value / total < 0.1 ? 1 : 0)}%`;
  let turned = 0;
  const slices = chart.segments.map((one, at) => {
    const from = turned;
    turned += one.value / total;
    const middle = (from + turned) / 2;
    const tip = { title: one.label, rows: [[at + 1, share(one.value), exact(one.value, money)]] };
    const slice = svg("path", { d: arc(from, turned), class: `slice fill-c${at + 1}`, data: { series: at } });
    slice.addEventListener("pointerenter", () => show(tip, SIZE / 2 + Math.sin(middle * 2 * Math.PI) * 66, SIZE / 2 - Math.cos(middle * 2 * Math.PI) * 66));
    slice.addEventListener("pointerleave", () => show(null));
    return slice;
  });
  const ring = svg(
    "svg",
    { width: SIZE, height: SIZE, viewBox: `${-SIZE / 2} ${-SIZE / 2} ${SIZE} ${SIZE}`, "aria-hidden": "true" },
    slices,
    svg("text", { class: "total", y: 2 }, short(total, money)),
    svg("text", { class: "total-name", y: 20 }, "total"),
  );
  const rows = chart.segments.map((one, at) => h("li", {}, h("i", { class: `key c${at + 1}` }), h("span", {}, one.label), h("b", {}, exact(one.value, money)), h("small", {}, share(one.value))));
  return [ring, h("ul", { class: width < 420 ? "shares under" : "shares", "aria-hidden": "true" }, rows)];
}
