// The band of a risk score, by the same arithmetic as services/seven_steps/risk.py: exact, in thousandths.

const THOUSAND = 1000n;
export const BANDS = ["low", "medium", "high", "extreme"];
const FACTORS = { matrix: ["l", "s"], lec: ["l", "e", "c"] };

const scale = (method) => (method === "lec" ? "lec" : "matrix");
export const factors = (method) => FACTORS[scale(method)];

// A decimal with up to three places, in thousandths; null for anything else.
export function thousandths(text) {
  const found = /^(\d+)(?:[.,](\d{1,3}))?$/.exec(String(text).trim());
  return found ? BigInt(found[1]) * THOUSAND + BigInt((found[2] || "").padEnd(3, "0")) : null;
}

// The product of the factors, in thousandths to the power of their number; null while one is missing.
export function product(method, values) {
  let all = 1n;
  for (const name of factors(method)) {
    const one = thousandths(values[name] ?? "");
    if (one === null) return null;
    all *= one;
  }
  return all;
}

// bounds: {matrix: {extreme, high, medium}, lec: …}. A band of the matrix begins with its number, an LEC grade above it.
export function bandOf(method, values, bounds) {
  const points = product(method, values);
  if (points === null) return null;
  const unit = THOUSAND ** BigInt(factors(method).length - 1);
  for (const name of ["extreme", "high", "medium"]) {
    const bound = thousandths(bounds[scale(method)][name]) * unit;
    if (points > bound || (points === bound && scale(method) === "matrix")) return name;
  }
  return "low";
}

// The product as a number that people read.
export function shown(method, values) {
  const points = product(method, values);
  if (points === null) return "";
  const digits = 3 * factors(method).length;
  const text = String(points).padStart(digits + 1, "0");
  const rest = text.slice(-digits).replace(/0+$/, "");
  return text.slice(0, -digits) + (rest ? `.${rest}` : "");
}
