// Exact decimals for what a person reads: whole numbers with a scale, no floats. A quotient is kept as a fraction.

// "0,31", ".5", "12" -> {n, d}; undefined for anything else. Comma and point are the same.
export function decimal(text) {
  const plain = text.trim().replace(",", ".");
  const found = /^(\d*)(?:\.(\d*))?$/.exec(plain);
  if (!found || !(found[1] || found[2])) return undefined;
  const after = found[2] || "";
  return { n: BigInt(`${found[1] || "0"}${after}`), d: 10n ** BigInt(after.length) };
}

export const multiplied = (a, b) => ({ n: a.n * b.n, d: a.d * b.d });
export const divided = (a, b) => ({ n: a.n * b.d, d: a.d * b.n });

export function compare(a, b) {
  const difference = a.n * b.d - b.n * a.d;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

// Rounded up, so that no value over its limit looks like one within it.
export function upTo(value, decimals) {
  const scale = 10n ** BigInt(decimals);
  const whole = (value.n * scale + value.d - 1n) / value.d;
  const text = whole.toString().padStart(decimals + 1, "0");
  return `${text.slice(0, -decimals)}.${text.slice(-decimals)}`.replace(/\.?0+$/, "") || "0";
}
