// The page's few line icons, drawn here so that nothing is fetched from elsewhere.
import { svg } from "./dom.js";

const PATHS = {
  hash: "M4 9h16M4 15h16M10 3 8 21M16 3l-2 18",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  home: "M4 11.5 12 5l8 6.5M6.5 10v9h11v-9",
  chat: "M4 5h16v11H9.5L5 19.5V16H4z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2.5v2.2M12 19.3v2.2M2.5 12h2.2M19.3 12h2.2M5.3 5.3l1.5 1.5M17.2 17.2l1.5 1.5M18.7 5.3l-1.5 1.5M6.8 17.2l-1.5 1.5",
  moon: "M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7z",
  panel: "M4 5h16v14H4zM14.5 5v14",
  menu: "M4 7h16M4 12h16M4 17h16",
  send: "M4.5 12 20 4.5 15.5 20l-4-6.5z M11.5 13.5 20 4.5",
  down: "m7 10 5 5 5-5",
  right: "m10 7 5 5-5 5",
  dots: "M6 12h.01M12 12h.01M18 12h.01",
  check: "m5.5 12.5 4.2 4.2L18.5 8",
  close: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  play: "M8 5.5 18.5 12 8 18.5z",
  again: "M19 12a7 7 0 1 1-2.2-5.1M19.2 4v3.8h-3.8",
  copy: "M9 9h10v10H9zM5 15V5h10",
  bolt: "M13 3 5.5 13.5H12L11 21l7.5-10.5H12z",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4.3l2.8 1.7",
  eye: "M3 12s3.3-6 9-6 9 6 9 6-3.3 6-9 6-9-6-9-6zM12 9.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8",
  terminal: "M4 5h16v14H4zM7.5 9.5l3 2.5-3 2.5M12.5 15h4",
  traffic: "M4 8.5h15M15.5 5 19 8.5 15.5 12M20 15.5H5M8.5 12 5 15.5 8.5 19",
  flag: "M6 21V4M6 5h11l-2 3.5 2 3.5H6",
  warn: "M12 4 21 19.5H3zM12 10v4.2M12 16.8h.01",
  info: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 11v5M12 8h.01",
  archive: "M4 5h16v4H4zM5.5 9v10h13V9M10 13h4",
  reply: "M10 6 4.5 11.5 10 17M5 11.5h8.5a6 6 0 0 1 6 6V19",
  up: "M12 19V5M6 11l6-6 6 6",
};

export function icon(name, size = 18) {
  return svg("svg", { class: "icon", width: size, height: size, viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: PATHS[name] ?? PATHS.info }));
}

/** The app's mark: a coin with a bar chart struck into it. */
export function mark(size = 36) {
  return svg(
    "svg",
    { class: "mark", width: size, height: size, viewBox: "0 0 40 40", "aria-hidden": "true" },
    svg("rect", { width: 40, height: 40, rx: 9, class: "mark-ground" }),
    svg("circle", { cx: 20, cy: 20, r: 12.5, class: "mark-coin" }),
    svg("path", { d: "M14.5 25v-4.5M20 25v-10M25.5 25v-7", class: "mark-bars" }),
  );
}
