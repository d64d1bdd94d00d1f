// Dates and times in the acting person's time zone, measured against the workspace's own clock.
import { store } from "./store.js";

const formats = new Map();

function format(options, at) {
  const zone = store.acting?.tz || undefined;
  const key = JSON.stringify([zone, options]);
  if (!formats.has(key)) {
    let made;
    try {
      made = new Intl.DateTimeFormat("en-US", { ...options, timeZone: zone });
    } catch {
      made = new Intl.DateTimeFormat("en-US", options); // an unknown zone must not blank the page
    }
    formats.set(key, made);
  }
  return formats.get(key).format(at * 1000);
}

export const now = () => Date.now() / 1000 + (store.clockOffset ?? 0);
export const time = (at) => format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, at);
export const clock = (at) => format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }, at);
export const dayKey = (at) => format({ year: "numeric", month: "2-digit", day: "2-digit" }, at);

const ordinal = (day) => `${day}${["th", "st", "nd", "rd"][day % 100 > 10 && day % 100 < 14 ? 0 : day % 10] ?? "th"}`;
const sameYear = (at) => format({ year: "numeric" }, at) === format({ year: "numeric" }, now());

const long = (at, weekday) => {
  const name = `${weekday ? `${format({ weekday: "long" }, at)}, ` : ""}${format({ month: "long" }, at)}`;
  return `${name} ${ordinal(Number(format({ day: "numeric" }, at)))}${sameYear(at) ? "" : `, ${format({ year: "numeric" }, at)}`}`;
};

const near = (at) => {
  const day = 86400;
  for (const [name, shift] of [["Today", 0], ["Yesterday", -day], ["Tomorrow", day]]) if (dayKey(at) === dayKey(now() + shift)) return name;
  return null;
};

export const dayTitle = (at) => near(at) ?? long(at, true);

function ago(at) {
  const seconds = now() - at;
  const [count, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"]].map(([size, name]) => [Math.floor(Math.abs(seconds) / size), name]).find(([n]) => n) ?? [0, ""];
  if (!count) return "just now";
  const said = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return seconds < 0 ? `in ${said}` : `${said} ago`;
}

const PARTS = {
  date_num: (at) => format({ year: "numeric", month: "2-digit", day: "2-digit" }, at).replace(/(\d+)\/(\d+)\/(\d+)/, "$3-$1-$2"),
  date: (at) => long(at, false),
  date_short: (at) => format({ month: "short", day: "numeric", year: "numeric" }, at),
  date_long: (at) => format({ weekday: "long", month: "long", day: "numeric", year: "numeric" }, at),
  date_pretty: (at) => near(at)?.toLowerCase() ?? long(at, false),
  date_short_pretty: (at) => near(at)?.toLowerCase() ?? format({ month: "short", day: "numeric" }, at),
  date_long_pretty: (at) => near(at)?.toLowerCase() ?? long(at, true),
  time,
  time_secs: clock,
  ago,
  day_divider_pretty: dayTitle,
};

/** What `<!date^ts^pattern|fallback>` says; the fallback when a part of the pattern is unknown. `leads`: begins a text. */
export function datePattern(at, pattern, fallback, leads = false) {
  if (!Number.isFinite(at)) return fallback;
  let known = true;
  const said = pattern.replace(/\{(\w+)\}/g, (_, part) => (PARTS[part] ? PARTS[part](at) : ((known = false), "")));
  if (!known) return fallback;
  return leads ? said.charAt(0).toUpperCase() + said.slice(1) : said;
}
