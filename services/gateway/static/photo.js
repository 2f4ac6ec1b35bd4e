// A photo made without a network: cleaned of its tags here as the plant does it (services/documents/photos.py), so that
// its SHA-256 can stand in the record that is signed now, and the picture follows when there is a network again.

const [SOI, EOI, SOS, COM, APP0, APP1, APP2, APP14, APP15] = [0xd8, 0xd9, 0xda, 0xfe, 0xe0, 0xe1, 0xe2, 0xee, 0xef];
const ORIENTATION = 0x0112;

const says = (bytes, at, word) => [...word].every((letter, n) => bytes[at + n] === letter.charCodeAt(0));

function orientation(tiff) {
  const little = tiff[0] === 0x49;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const first = view.getUint32(4, little);
  for (let n = 0, count = view.getUint16(first, little); n < count; n += 1) {
    const entry = first + 2 + 12 * n;
    if (view.getUint16(entry, little) !== ORIENTATION) continue;
    const value = view.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

// An Exif segment that says how the picture lies and nothing else.
const lies = (how) => Uint8Array.of(
  0xff, APP1, 0, 34, ...[..."Exif"].map((one) => one.charCodeAt(0)), 0, 0, 0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8,
  0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, how, 0, 0, 0, 0, 0, 0,
);

function kept(marker, segment) {
  if (marker === COM) return [];
  if (marker === APP1) {
    const how = says(segment, 4, "Exif") ? orientation(segment.subarray(10)) : 1;
    return how === 1 ? [] : [lies(how)];
  }
  if (marker < APP0 || marker > APP15) return [segment];
  const ours = (marker === APP0 && says(segment, 4, "JFIF")) || (marker === APP2 && says(segment, 4, "ICC_PROFILE")) || (marker === APP14 && says(segment, 4, "Adobe"));
  return ours ? [segment] : [];
}

function endOfScan(bytes, from) {
  let at = from;
  while (!(bytes[at] === 0xff && bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff && !(bytes[at + 1] >= 0xd0 && bytes[at + 1] <= 0xd7))) {
    if (at >= bytes.length) throw new RangeError("the photo has no end");
    at += 1;
  }
  return at;
}

// The parts of a JPEG that are picture or colour; another type comes back as it is.
export function withoutTags(bytes) {
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return [bytes];
  const parts = [bytes.subarray(0, 2)];
  let at = 2;
  while (bytes[at + 1] !== EOI) {
    if (bytes[at] !== 0xff || at >= bytes.length) throw new RangeError("the photo has bytes between its segments");
    if (bytes[at + 1] === 0xff) { at += 1; continue; }
    const length = 2 + bytes[at + 2] * 256 + bytes[at + 3];
    const end = bytes[at + 1] === SOS ? endOfScan(bytes, at + length) : at + length;
    parts.push(...kept(bytes[at + 1], bytes.subarray(at, end)));
    at = end;
  }
  return [...parts, bytes.subarray(at, at + 2)];
}

// {sha256, blob}: what the plant will store, and the name it will have there.
export async function prepared(file) {
  const blob = new Blob(withoutTags(new Uint8Array(await file.arrayBuffer())), { type: file.type });
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return { sha256: [...hash].map((one) => one.toString(16).padStart(2, "0")).join(""), blob };
}
