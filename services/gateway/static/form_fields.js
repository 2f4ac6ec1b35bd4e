// What a command's form holds: its fields as `data-name` and `data-kind` say, read into the values of its payload.
import { newId } from "./send.js";

const lang = document.body.dataset.lang;
const zone = document.body.dataset.zone;

// The fields of a container: the nearest ones, not those inside other fields.
export function fields(root) {
  const found = [];
  for (const child of root.children) {
    if (child.tagName === "TEMPLATE") continue;
    if (child.dataset.kind !== undefined && child.dataset.name !== undefined) found.push(child);
    else found.push(...fields(child));
  }
  return found;
}

export const input = (field) => field.querySelector("input:not([type=hidden]),select,textarea");
export const rowsOf = (list) => [...list.children].filter((child) => child.dataset.row !== undefined);
const decimal = (text) => text.trim().replace(",", ".").replace(/^\./, "0.");

// Site time, as written in a date and time field, to UTC: the offset of the site's zone at that moment.
function toUtc(local) {
  const guess = Date.parse(`${local}:00Z`);
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  });
  const shown = (at) => {
    const part = Object.fromEntries(parts.formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
    return Date.parse(`${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:00Z`);
  };
  let at = guess - (shown(guess) - guess);
  at = guess - (shown(at) - at);
  return new Date(at).toISOString().replace(".000Z", "Z");
}

export function object(root) {
  const value = {};
  for (const field of fields(root)) {
    if (field.hidden) continue;
    const one = read(field);
    if (one !== undefined) value[field.dataset.name] = one;
  }
  return value;
}

const READ = {
  flag: (field) => {
    const checked = field.querySelector("input:checked");
    return checked ? checked.value === "true" : undefined;
  },
  int: (field) => {
    const text = input(field).value.trim();
    return /^-?\d+$/.test(text) ? Number(text) : text || undefined;
  },
  dec: (field) => decimal(input(field).value) || undefined,
  choice_int: (field) => {
    const one = chosen(field);
    return one === undefined ? undefined : Number(one);
  },
  text: (field) => {
    const text = input(field).value.trim();
    return text ? { lang, text } : undefined;
  },
  names: (field) => Object.fromEntries([...field.querySelectorAll("[data-lang]")].map((one) => [one.dataset.lang, one.value.trim()]).filter(([, value]) => value)),
  instant: (field) => (input(field).value ? toUtc(input(field).value.slice(0, 16)) : undefined),
  lines: (field) => input(field).value.split(/[,，、]/).map((one) => one.trim()).filter(Boolean),
  fixed: (field) => {
    const hidden = field.querySelector("input");
    return hidden.dataset.int !== undefined ? Number(hidden.value) : hidden.value || undefined;
  },
  new_id: (field) => {
    const hidden = field.querySelector("input");
    hidden.value ||= newId();
    return hidden.value;
  },
  json: (field) => {
    const text = field.querySelector("input").value;
    return text ? JSON.parse(text) : undefined;
  },
  document: (field) => field.querySelector("[data-sha]").value || undefined,
  object: (field) => {
    const value = object(field);
    return Object.keys(value).length || field.dataset.required !== undefined ? value : undefined;
  },
  rows: (field) => rowsOf(field.querySelector("[data-rows]")).map(object).filter((row) => Object.keys(row).length),
  map: (field) => {
    const rows = rowsOf(field.querySelector("[data-rows]")).map(object).filter((row) => row.key !== undefined);
    return rows.length || field.dataset.required !== undefined ? Object.fromEntries(rows.map((row) => [row.key, row.value])) : undefined;
  },
  gas_plans: (field) => keyed(field, (item) => object(item), (value) => value.gases?.length || value.points?.length),
  contents: (field) => keyed(field, (item) => rowsOf(item.querySelector("[data-rows]")).map(object).filter((row) => row.text), (value) => value.length),
  measures: (field) => [...field.querySelectorAll("[data-line]")].flatMap((line) => {
    const checked = line.querySelector("input:checked");
    if (!checked) return [];
    const note = line.querySelector("[data-note]").value.trim();
    const photo_sha256 = line.querySelector("[data-sha]").value;
    return [{ line: line.dataset.line, answer: checked.value, ...(note ? { note } : {}), ...(photo_sha256 ? { photo_sha256 } : {}) }];
  }),
};

const SEVERAL = new Set(["many", "areas", "permits", "persons", "gases", "gas_points", "trades"]);

function keyed(field, readItem, some) {
  const value = {};
  for (const item of field.querySelectorAll(":scope [data-key]")) {
    const one = readItem(item);
    if (some(one)) value[item.dataset.key] = one;
  }
  return value;
}

function chosen(field) {
  const radio = field.querySelector("input[type=radio]");
  if (radio) return field.querySelector("input:checked")?.value;
  return input(field).value.trim() || undefined;
}

export function read(field) {
  const kind = field.dataset.kind;
  if (READ[kind]) return READ[kind](field);
  if (SEVERAL.has(kind)) {
    const more = field.querySelector("[data-more]")?.value.split(/[,，、]/).map((one) => one.trim()).filter(Boolean) || [];
    const values = [...field.querySelectorAll("input:checked")].map((one) => one.value).concat(more);
    return field.dataset.name === "rest_days" ? values.map(Number) : values;
  }
  return chosen(field);
}
