// Scales and number formats shared by the charts.

/** Round steps from at or below `low` to at or above `high`, about `count` of them. */
export function steps(low, high, count = 4) {
  if (low === high) high = low + 1;
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((one) => one * power >= rough * 0.999) ?? 10);
  const from = Math.floor(low / step) * step;
  const all = [];
  for (let at = from; at < high + step * 0.999; at += step) all.push(Math.abs(at) < step / 1e6 ? 0 : at);
  return all;
}

export const isMoney = (...texts) => texts.some((text) => /\$|\bUSD\b/i.test(text ?? ""));

export function short(value, money) {
  const size = Math.abs(value);
  const [divisor, unit] = size >= 1e9 ? [1e9, "B"] : size >= 1e6 ? [1e6, "M"] : size >= 1e3 ? [1e3, "k"] : [1, ""];
  const number = (size / divisor).toLocaleString("en-US", { maximumFractionDigits: size / divisor >= 100 || Number.isInteger(size / divisor) ? 0 : size < 1 ? 2 : 1 });
  return `${value < 0 ? "−" : ""}${money ? "$" : ""}${number}${unit}`;
}

export function exact(value, money) {
  const digits = money ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { maximumFractionDigits: 2 };
  return `${value < 0 ? "−" : ""}${money ? "$" : ""}${Math.abs(value).toLocaleString("en-US", digits)}`;
}
