// data_visualization blocks: title, chart, legend, and the same numbers as a table for screen readers.
import { clear, fresh, h } from "./dom.js";
import { drawPie } from "./charts_pie.js";
import { drawAxes } from "./charts_axes.js";
import { exact, isMoney } from "./scales.js";

const tables = {
  pie: (chart, money) => chart.segments.map((one) => [one.label, exact(one.value, money)]),
  axes: (chart, money) => chart.axis_config.categories.map((name, at) => [name, ...chart.series.map((one) => exact(one.data[at]?.value ?? 0, money))]),
};

function spoken(chart, title, money) {
  const pie = chart.type === "pie";
  const heads = pie ? ["", "Value"] : ["", ...chart.series.map((one) => one.name)];
  const rows = (pie ? tables.pie : tables.axes)(chart, money);
  // The wrapper hides it: a table by itself ignores the height it is given and would lengthen the page.
  return h(
    "div",
    { class: "unseen" },
    h(
      "table",
      {},
      h("caption", {}, `${title}: the numbers`),
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows.map(([name, ...cells]) => h("tr", {}, h("th", { scope: "row" }, name), cells.map((cell) => h("td", {}, cell))))),
    ),
  );
}

function legend(chart, figure) {
  if (chart.type === "pie" || chart.series.length < 2) return null;
  return h(
    "ul",
    { class: "legend", "aria-hidden": "true" },
    chart.series.map((one, at) =>
      h("li", { on: { pointerenter: () => (figure.dataset.focus = at), pointerleave: () => delete figure.dataset.focus } }, h("i", { class: `key key-${chart.type} c${at + 1}` }), one.name)),
  );
}

const drawn = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) target.redraw?.(Math.round(contentRect.width));
});

export function chartBlock(block) {
  const { chart, title } = block;
  const pie = chart.type === "pie";
  const money = isMoney(title, chart.axis_config?.y_label);
  const id = fresh("chart");
  const tip = h("div", { class: "tip", hidden: true });
  const plot = h("div", { class: pie ? "plot plot-pie" : "plot", tabindex: "0", role: "img", "aria-labelledby": id });
  const figure = h("figure", { class: `chart chart-${chart.type}` }, h("figcaption", { id }, title), h("div", { class: "plot-box" }, plot, tip));
  const keys = legend(chart, figure);
  if (keys) figure.append(keys);
  figure.append(spoken(chart, title, money));

  const show = (lines, x, y) => {
    tip.hidden = !lines;
    if (!lines) return;
    clear(tip, h("strong", {}, lines.title), lines.rows.map(([color, name, value]) => h("span", {}, h("i", { class: `key c${color}` }), h("span", {}, name), h("b", {}, value))));
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.max(half, Math.min(x, plot.offsetWidth - half))}px`;
    tip.style.top = `${y}px`;
  };
  let width = 0;
  plot.redraw = (now) => {
    if (!now || now === width) return;
    width = now;
    show(null);
    clear(plot, pie ? drawPie(chart, now, money, show) : drawAxes(chart, now, money, show, plot));
  };
  drawn.observe(plot);
  return figure;
}
