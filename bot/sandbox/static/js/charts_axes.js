// Bar, line and area charts over named categories.
import { svg } from "./dom.js";
import { exact, short, steps } from "./scales.js";

const HEIGHT = 232;
const TOP = 14;
const LETTER = 6.3; // average width of a letter at the axis' font size

const path = (points) => points.map(([x, y], at) => `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

function bar(x, y, width, zero) {
  const height = Math.max(Math.abs(zero - y), 0.75);
  const round = Math.min(3, width / 2, height);
  if (y > zero) return svg("rect", { x, y: zero, width, height, rx: round });
  const top = zero - height;
  return svg("path", { d: `M${x} ${zero}V${top + round}Q${x} ${top} ${x + round} ${top}H${x + width - round}Q${x + width} ${top} ${x + width} ${top + round}V${zero}Z` });
}

function marks(chart, x, y, slot, zero) {
  const { type, series } = chart;
  if (type === "bar") {
    const group = Math.min(slot * 0.72, 34 * series.length + 20);
    const gap = series.length > 1 ? 2 : 0;
    const width = Math.max(1.5, Math.min(34, (group - gap * (series.length - 1)) / series.length));
    const start = (width * series.length + gap * (series.length - 1)) / 2;
    return series.map((one, at) => svg("g", { class: `fill-c${at + 1}`, data: { series: at } }, one.data.map((point, i) => bar(x(i) - start + at * (width + gap), y(point.value), width, zero))));
  }
  return series.map((one, at) => {
    const points = one.data.map((point, i) => [x(i), y(point.value)]);
    const line = svg("path", { class: `line stroke-c${at + 1}`, d: path(points) });
    const area = type === "area" ? svg("path", { class: `area fill-c${at + 1}`, d: `${path(points)}L${points.at(-1)[0]} ${zero}L${points[0][0]} ${zero}Z` }) : null;
    const dots = points.length <= 20 ? points.map(([px, py]) => svg("circle", { class: `dot fill-c${at + 1}`, cx: px, cy: py, r: points.length === 1 ? 4 : 2.6 })) : [];
    return svg("g", { data: { series: at } }, area, line, type === "line" || points.length === 1 ? dots : null);
  });
}

function categoryLabels(names, x, slot, base) {
  const longest = Math.max(...names.map((name) => name.length)) * LETTER;
  const tilted = longest > slot * 0.96 && names.length <= 12 && slot > 24;
  const every = tilted ? 1 : Math.max(1, Math.ceil((longest + 10) / slot));
  const depth = tilted ? Math.min(longest * 0.6, 60) + 20 : 22;
  const draw = (bottom) =>
    names.map((name, i) => {
      if (i % every) return null;
      const said = tilted && name.length > 15 ? `${name.slice(0, 14)}…` : name;
      return svg("text", tilted ? { class: "tick-x tilted", transform: `translate(${x(i) + 4} ${bottom + 14}) rotate(-36)` } : { class: "tick-x", x: x(i), y: bottom + 17 }, said);
    });
  return { depth: depth + base, draw };
}

export function drawAxes(chart, width, money, show, plot) {
  const { categories, x_label: xLabel, y_label } = chart.axis_config;
  const yLabel = /^\W*(USD|US\$|\$)\W*$/i.test(y_label ?? "") ? null : y_label; // the ticks say it already
  const values = chart.series.flatMap((one) => one.data.map((point) => point.value));
  const ticks = steps(Math.min(0, ...values), Math.max(0, ...values));
  const high = ticks.at(-1);
  // A small negative value needs room for itself, not for a whole step below zero.
  const low = Math.max(ticks[0], Math.min(0, ...values) * 1.1 - (Math.min(...values) < 0 ? high * 0.02 : 0));
  const left = Math.max(...ticks.map((tick) => short(tick, money).length)) * LETTER + 14;
  const top = TOP + (yLabel ? 16 : 0);
  const slot = (width - left - 10) / categories.length;
  const x = (i) => left + slot * (i + 0.5);
  const names = categoryLabels(categories, x, slot, xLabel ? 18 : 0);
  const bottom = HEIGHT - names.depth;
  const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - top);
  const guide = svg("rect", { class: "guide", y: top, height: bottom - top, width: Math.min(slot, 46), rx: 4, visibility: "hidden" });
  const picture = svg(
    "svg",
    { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" },
    guide,
    ticks.filter((tick) => tick >= low).map((tick) => [svg("line", { class: tick === 0 ? "grid zero" : "grid", x1: left, x2: width - 6, y1: y(tick), y2: y(tick) }), svg("text", { class: "tick-y", x: left - 8, y: y(tick) + 4 }, short(tick, money))]),
    yLabel && svg("text", { class: "axis-name start", x: 0, y: 11 }, yLabel),
    xLabel && svg("text", { class: "axis-name", x: left + (width - left) / 2, y: HEIGHT - 3 }, xLabel),
    names.draw(bottom),
    marks(chart, x, y, slot, y(0)),
  );

  let at = -1;
  const point = (i) => {
    at = i;
    guide.setAttribute("visibility", i < 0 ? "hidden" : "visible");
    if (i < 0) return show(null);
    guide.setAttribute("x", x(i) - Math.min(slot, 46) / 2);
    const rows = chart.series.map((one, n) => [n + 1, one.name, exact(one.data[i]?.value ?? 0, money)]);
    show({ title: categories[i], rows }, x(i), Math.min(...chart.series.map((one) => y(one.data[i]?.value ?? 0))) - 8);
  };
  picture.addEventListener("pointermove", (event) => {
    const i = Math.floor((event.clientX - picture.getBoundingClientRect().left - left) / slot);
    if (i !== at) point(i >= 0 && i < categories.length ? i : -1);
  });
  picture.addEventListener("pointerleave", () => point(-1));
  plot.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    point(Math.max(0, Math.min(categories.length - 1, at + step)));
  };
  plot.onblur = () => point(-1);
  return [picture];
}
