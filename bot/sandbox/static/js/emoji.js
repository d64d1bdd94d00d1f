// Emoji by Slack's short names. Those that carry meaning in messages are drawn, so they look alike on every machine.
import { h, svg } from "./dom.js";

const disc = (tone) => [["circle", { cx: 12, cy: 12, r: 8.5, class: `e-${tone}` }]];
const stroke = (d, tone = "ink") => ["path", { d, class: `e-line e-stroke-${tone}` }];
const tile = (tone) => ["rect", { x: 3, y: 3, width: 18, height: 18, rx: 5, class: `e-${tone}` }];

const DRAWN = {
  warning: [["path", { d: "M12 3.2 22 20.5H2z", class: "e-amber", "stroke-linejoin": "round" }], stroke("M12 9.5v5M12 17.6h.01", "dark")],
  white_check_mark: [tile("green"), stroke("m7.5 12.3 3.2 3.2 6-6.6", "white")],
  heavy_check_mark: [stroke("m4.5 12.8 4.8 4.7L19.5 7", "green")],
  x: [stroke("M6 6l12 12M18 6 6 18", "red")],
  no_entry: [...disc("red"), stroke("M7.5 12h9", "white")],
  no_entry_sign: [stroke("M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M6.5 6.5l11 11", "red")],
  rotating_light: [["path", { d: "M6 17v-4a6 6 0 0 1 12 0v4z", class: "e-red" }], ["rect", { x: 4, y: 17, width: 16, height: 3.4, rx: 1.4, class: "e-slate" }], stroke("M12 2.2v2M4.6 5.2 6 6.6M19.4 5.2 18 6.6", "red")],
  chart_with_upwards_trend: [tile("paper"), stroke("m6.5 15.5 3.6-4 3 2.4 4.6-6M14.8 7.6h3v3", "red")],
  chart_with_downwards_trend: [tile("paper"), stroke("m6.5 8.5 3.6 4 3-2.4 4.6 6M14.8 16.4h3v-3", "blue")],
  bar_chart: [tile("paper"), stroke("M8 16.5v-4M12 16.5v-9M16 16.5v-6", "blue")],
  large_green_circle: disc("green"),
  large_yellow_circle: disc("amber"),
  large_orange_circle: disc("orange"),
  red_circle: disc("red"),
  large_blue_circle: disc("blue"),
  white_circle: disc("grey"),
  black_circle: disc("slate"),
  hourglass_flowing_sand: [["path", { d: "M7 4h10l-5 8zM12 12l5 8H7z", class: "e-amber" }], stroke("M6 3.5h12M6 20.5h12", "slate")],
  bell: [["path", { d: "M5 17h14l-2-3V10a5 5 0 0 0-10 0v4z", class: "e-amber" }], stroke("M10.5 20h3", "slate")],
  no_bell: [["path", { d: "M5 17h14l-2-3V10a5 5 0 0 0-10 0v4z", class: "e-grey" }], stroke("M4 4l16 16", "red")],
  moneybag: [["path", { d: "M9 4h6l-1.6 3.6C18 10 19.5 13.6 19.5 16.2c0 3-2.4 4.3-7.5 4.3s-7.500-1.300-7.500-4.300C4.500 13.600 6 10 10.600 7.600z", class: "e-amber" }], stroke("M12 11v6.5M14 12.300c-1.600-1-4-.6-4 .9 0 2 4 1 4 2.800 0 1.500-2.600 1.800-4.100.8", "dark")],
  eyes: [["ellipse", { cx: 7.6, cy: 12, rx: 4.2, ry: 6, class: "e-paper" }], ["ellipse", { cx: 16.6, cy: 12, rx: 4.2, ry: 6, class: "e-paper" }], ["circle", { cx: 9, cy: 13, r: 2, class: "e-slate" }], ["circle", { cx: 18, cy: 13, r: 2, class: "e-slate" }]],
  calendar: [tile("paper"), ["path", { d: "M3 8V7a4 4 0 0 1 4-4h10a4 4 0 0 1 4 4v1z", class: "e-red" }], stroke("M8 12.500h.01M12 12.500h.01M16 12.500h.01M8 16.500h.01M12 16.500h.01", "slate")],
  bulb: [["path", { d: "M12 3a6.200 6.200 0 0 0-3.700 11.200V17h7.400v-2.800A6.200 6.200 0 0 0 12 3z", class: "e-amber" }], stroke("M9.800 20.300h4.400", "slate")],
  lock: [["rect", { x: 5, y: 11, width: 14, height: 9.500, rx: 2, class: "e-amber" }], stroke("M8.500 11V8a3.500 3.500 0 0 1 7 0v3", "slate")],
  zap: [["path", { d: "M13.500 2.500 5 13.500h6L10 21.500l8.500-11.500h-6z", class: "e-amber" }]],
  information_source: [tile("blue"), stroke("M12 11v5.500M12 7.600h.01", "white")],
  small_red_triangle: [["path", { d: "M12 6 19 18H5z", class: "e-red" }]],
  small_red_triangle_down: [["path", { d: "M12 18 5 6h14z", class: "e-red" }]],
  wave: null,
};

const PLAIN = {
  wave: "👋", tada: "🎉", thumbsup: "👍", "+1": "👍", thumbsdown: "👎", "-1": "👎", rocket: "🚀", fire: "🔥", robot_face: "🤖", speech_balloon: "💬", point_right: "👉",
  pray: "🙏", raised_hands: "🙌", thinking_face: "🤔", smile: "😄", slightly_smiling_face: "🙂", heart: "❤️", sparkles: "✨", mag: "🔍", memo: "📝", gear: "⚙️", link: "🔗", busts_in_silhouette: "👥",
  bust_in_silhouette: "👤", pushpin: "📌", question: "❓", exclamation: "❗", arrow_up: "⬆️", arrow_down: "⬇️", arrow_right: "➡️", hourglass: "⌛", stopwatch: "⏱️", clock9: "🕘", inbox_tray: "📥",
  outbox_tray: "📤", dollar: "💵", money_with_wings: "💸", credit_card: "💳", coin: "🪙", package: "📦", wrench: "🔧", hammer_and_wrench: "🛠️", key: "🔑", broken_heart: "💔", zzz: "💤", snooze: "💤",
};

const BY_CHARACTER = {
  "⚠️": "warning", "⚠": "warning", "✅": "white_check_mark", "✔️": "heavy_check_mark", "❌": "x", "⛔": "no_entry", "🚫": "no_entry_sign", "🚨": "rotating_light", "📈": "chart_with_upwards_trend",
  "📉": "chart_with_downwards_trend", "📊": "bar_chart", "🟢": "large_green_circle", "🟡": "large_yellow_circle", "🟠": "large_orange_circle", "🔴": "red_circle", "🔵": "large_blue_circle", "⚪": "white_circle",
  "⚫": "black_circle", "⏳": "hourglass_flowing_sand", "🔔": "bell", "🔕": "no_bell", "💰": "moneybag", "👀": "eyes", "📅": "calendar", "🗓️": "calendar", "💡": "bulb", "🔒": "lock", "⚡": "zap", "ℹ️": "information_source",
  "🔺": "small_red_triangle", "🔻": "small_red_triangle_down",
};
const ALIASES = { hourglass: "hourglass_flowing_sand", heavy_multiplication_x: "x", date: "calendar", spiral_calendar_pad: "calendar", warning_sign: "warning" };
const CHARACTERS = new RegExp(`(${Object.keys(BY_CHARACTER).sort((a, b) => b.length - a.length).join("|")})`, "u");

/** The emoji of a short name as a node, or null when the name is not known. */
export function emoji(name) {
  const known = ALIASES[name] ?? name;
  const said = known.replaceAll("_", " ");
  const shapes = DRAWN[known];
  if (shapes) {
    const drawn = shapes.map(([tag, props]) => svg(tag, props));
    return svg("svg", { class: "emoji", viewBox: "0 0 24 24", role: "img", "aria-label": said }, svg("title", {}, said), ...drawn);
  }
  return PLAIN[known] ? h("span", { class: "emoji-text", role: "img", "aria-label": said }, PLAIN[known]) : null;
}

/** Plain text whose emoji characters are drawn. */
export function withEmoji(text) {
  return text.split(CHARACTERS).map((part) => (BY_CHARACTER[part] ? emoji(BY_CHARACTER[part]) : part)).filter((part) => part !== "");
}
