// A document chosen without a network: photos are cleaned of their tags here as the plant does it, byte for byte
// (services/documents/photos.py), so that the SHA-256 can stand in the record that is signed now, and the picture follows
// when there is a network again. What can't be told apart is refused: nothing that may say a place is kept.

const PARTS_MAX = 10000;
const ORIENTATION = 0x0112;
const SHORT = 3;
const [EOI, SOS, COM, APP0, APP1, APP2, APP14, APP15] = [0xd9, 0xda, 0xfe, 0xe0, 0xe1, 0xe2, 0xee, 0xef];
const PNG_DROPPED = new Set(["eXIf", "tEXt", "zTXt", "iTXt", "tIME"]);
const PNG_KEPT = new Set("IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT".split(" "));
const WEBP_KEPT = new Set(["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"]);
const EXIF_AND_XMP = 0x08 | 0x04;

// Why a document is not taken: `kind` is the end of a word of the form (upload_…).
export class NotTaken extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}
const broken = () => new NotTaken("broken");

const ascii = (text) => [...text].map((one) => one.charCodeAt(0));
const says = (bytes, at, word) => ascii(word).every((code, n) => bytes[at + n] === code);
const word = (bytes, at) => String.fromCharCode(...bytes.subarray(at, at + 4));
const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

// How the picture lies (1 to 8), from an Exif block; 1 if it says nothing that we understand.
function orientation(tiff) {
  const little = says(tiff, 0, "II");
  if (tiff.length < 8 || !(little || says(tiff, 0, "MM"))) return 1;
  const view = viewOf(tiff);
  const first = view.getUint32(4, little);
  if (first + 2 > tiff.length) return 1;
  const end = Math.min(first + 2 + 12 * view.getUint16(first, little), tiff.length - 11);
  for (let entry = first + 2; entry < end; entry += 12) {
    if (view.getUint16(entry, little) !== ORIENTATION || view.getUint16(entry + 2, little) !== SHORT) continue;
    const value = view.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

// A TIFF block that says how the picture lies and nothing else.
const exifWith = (how) => [0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, SHORT, 0, 0, 0, 1, 0, how, 0, 0, 0, 0, 0, 0];

// ---- JPEG -----------------------------------------------------------------------------------------------------------

const standsAlone = (marker) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);

// Where the next marker that is neither a stuffed byte nor a restart begins.
function endOfScan(bytes, from) {
  let at = from;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0 || at + 1 >= bytes.length) throw broken();
    const follows = bytes[at + 1];
    if (follows !== 0 && follows !== 0xff && !standsAlone(follows)) return at;
    at += follows === 0xff ? 1 : 2;
  }
}

function keptOfJpeg(marker, segment) {
  if (marker === COM) return [];
  if (marker === APP1 && says(segment, 4, "Exif\0\0")) {
    const how = orientation(segment.subarray(10));
    return how === 1 ? [] : [Uint8Array.of(0xff, APP1, 0, 34, ...ascii("Exif\0\0"), ...exifWith(how))];
  }
  if (marker < APP0 || marker > APP15) return [segment];
  const ours = (marker === APP0 && says(segment, 4, "JFIF\0")) || (marker === APP2 && says(segment, 4, "ICC_PROFILE\0"))
    || (marker === APP14 && says(segment, 4, "Adobe"));
  return ours ? [segment] : [];
}

function jpeg(bytes) {
  const parts = [Uint8Array.of(0xff, 0xd8)];
  const view = viewOf(bytes);
  let at = 2;
  for (let n = 0; n < PARTS_MAX; n += 1) {
    if (bytes[at] !== 0xff) throw broken();
    while (bytes[at + 1] === 0xff) at += 1;
    const marker = bytes[at + 1];
    if (marker === EOI) return [...parts, Uint8Array.of(0xff, EOI)];
    let end = at + 2;
    if (!standsAlone(marker)) {
      const length = view.getUint16(at + 2);
      end += length;
      if (length < 2 || end > bytes.length) throw broken();
      if (marker === SOS) end = endOfScan(bytes, end);
    }
    parts.push(...keptOfJpeg(marker, bytes.subarray(at, end)));
    at = end;
  }
  throw broken();
}

// ---- PNG ------------------------------------------------------------------------------------------------------------

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function pngChunk(kind, body) {
  const chunk = new Uint8Array(12 + body.length);
  chunk.set([...ascii(kind), ...body], 4);
  viewOf(chunk).setUint32(0, body.length);
  viewOf(chunk).setUint32(8 + body.length, crc32(chunk.subarray(4, 8 + body.length)));
  return chunk;
}

function keptOfPng(kind, chunk) {
  if (kind === "eXIf") {
    const how = orientation(chunk.subarray(8, -4));
    return how === 1 ? [] : [pngChunk("eXIf", exifWith(how))];
  }
  if (PNG_KEPT.has(kind)) return [chunk];
  if (!PNG_DROPPED.has(kind) && !(chunk[4] & 0x20)) throw broken(); // a critical part that we don't know
  return [];
}

function png(bytes) {
  const parts = [bytes.subarray(0, 8)];
  const view = viewOf(bytes);
  let at = 8;
  for (let n = 0; n < PARTS_MAX; n += 1) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length) throw broken();
    const kind = word(bytes, at + 4);
    parts.push(...keptOfPng(kind, bytes.subarray(at, end)));
    if (kind === "IEND") return parts;
    at = end;
  }
  throw broken();
}

// ---- WebP -----------------------------------------------------------------------------------------------------------

function webp(bytes) {
  const view = viewOf(bytes);
  const endOfFile = 8 + view.getUint32(4, true);
  if (endOfFile > bytes.length) throw broken();
  const parts = [];
  let at = 12;
  for (let n = 1; at < endOfFile; n += 1) {
    const length = view.getUint32(at + 4, true);
    const end = at + 8 + length + (length & 1);
    if (end > endOfFile || n > PARTS_MAX) throw broken();
    const kind = word(bytes, at);
    const chunk = bytes.slice(at, end);
    if (kind === "VP8X") chunk[8] &= ~EXIF_AND_XMP;
    if (WEBP_KEPT.has(kind)) parts.push(chunk);
    at = end;
  }
  const head = Uint8Array.of(...ascii("RIFF"), 0, 0, 0, 0, ...ascii("WEBP"));
  viewOf(head).setUint32(4, parts.reduce((sum, one) => sum + one.length, 4), true);
  return [head, ...parts];
}

// ---- what is taken --------------------------------------------------------------------------------------------------

function isText(bytes) {
  try {
    return !/[\0-\x08\x0b\x0e-\x1f\x7f]/.test(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return false;
  }
}

// Told from its content (services/documents/kinds.py): a name is never believed.
function cleaner(bytes) {
  if (says(bytes, 0, "%PDF-")) return (same) => [same];
  if (says(bytes, 0, "\x89PNG\r\n\x1a\n")) return png;
  if (says(bytes, 0, "\xff\xd8\xff")) return jpeg;
  if (says(bytes, 0, "RIFF") && says(bytes, 8, "WEBP")) return webp;
  if (isText(bytes)) return (same) => [same];
  throw new NotTaken("type");
}

// The parts that the plant keeps. Throws NotTaken.
export function withoutTags(bytes) {
  const clean = cleaner(bytes);
  try {
    return clean(bytes);
  } catch (trouble) {
    if (trouble instanceof RangeError) throw broken(); // it ends in the middle of one of its parts
    throw trouble;
  }
}

// {sha256, blob}: what the plant will store, and the name it will have there. Throws NotTaken.
export async function prepared(file) {
  const blob = new Blob(withoutTags(new Uint8Array(await file.arrayBuffer())), { type: file.type });
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return { sha256: [...hash].map((one) => one.toString(16).padStart(2, "0")).join(""), blob };
}
