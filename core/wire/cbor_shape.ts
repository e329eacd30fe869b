/**
 * A walk over the heads of one CBOR item (RFC 8949) before it is decoded: hostile nesting, tags, floats,
 * indefinite lengths and trailing bytes are refused here, in constant memory, so the decoder that
 * builds objects afterwards meets nothing that could cost it more than the bytes are worth.
 */

/** Deepest nesting of a control message: envelope, body, list, node, address; the rest is room. */
export const CBOR_DEPTH_MAX = 8;

const MAJOR_NEGATIVE = 1;
const MAJOR_BYTES = 2;
const MAJOR_TEXT = 3;
const MAJOR_MAP = 5;
const SIMPLE_FALSE = 0xf4;
const SIMPLE_TRUE = 0xf5;
/** A head's argument of four bytes counts more than any message has. */
const ARGUMENT_64_BITS = 27;

/** Where the walk stands: items still open at each level. */
interface Walk {
  readonly left: Float64Array;
  depth: number;
}

/**
 * The argument of the head at `at`, or -1 when it is truncated, indefinite or reserved. Values of 64
 * bits are returned as 2^32 at least: right for integers (only the length of the head matters) and
 * beyond any length.
 */
function argumentAt(bytes: Uint8Array, at: number, info: number): number {
  if (info < 24) return info;
  if (info > ARGUMENT_64_BITS) return -1;
  const length = 1 << (info - 24);
  if (at + length >= bytes.length) return -1;
  let value = 0;
  for (let i = 1; i <= length; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

/** Opens a list or a map; false when it nests too deep or claims more items than bytes are left. */
function open(walk: Walk, items: number, bytesLeft: number): boolean {
  if (items > bytesLeft) return false;
  if (items === 0) return true;
  if (walk.depth >= CBOR_DEPTH_MAX) return false;
  walk.left[walk.depth++] = items;
  return true;
}

// The walk is synchronous and never entered twice, so one scratch serves all.
const scratch: Walk = { left: new Float64Array(CBOR_DEPTH_MAX), depth: 0 };

/**
 * Whether `bytes` are exactly one CBOR item made of integers, byte and text strings, booleans, lists
 * and maps of definite length, nested at most `CBOR_DEPTH_MAX` deep.
 */
export function isPlainCbor(bytes: Uint8Array): boolean {
  const walk = scratch;
  walk.depth = 0;
  let at = 0;
  while (at < bytes.length) {
    const head = bytes[at] ?? 0;
    const major = head >> 5;
    const info = head & 31;
    if (major > MAJOR_MAP) {
      if (head !== SIMPLE_FALSE && head !== SIMPLE_TRUE) return false;
      at += 1;
    } else {
      const argument = argumentAt(bytes, at, info);
      if (argument < 0) return false;
      at += info < 24 ? 1 : 1 + (1 << (info - 24));
      if (major === MAJOR_BYTES || major === MAJOR_TEXT) {
        if (argument > bytes.length - at) return false;
        at += argument;
      } else if (major > MAJOR_NEGATIVE) {
        const items = major === MAJOR_MAP ? argument * 2 : argument;
        const before = walk.depth;
        if (!open(walk, items, bytes.length - at)) return false;
        if (walk.depth > before) continue;
      }
    }
    // One item is complete: close every level that it was the last of.
    while (walk.depth > 0) {
      const left = (walk.left[walk.depth - 1] ?? 1) - 1;
      walk.left[walk.depth - 1] = left;
      if (left > 0) break;
      walk.depth--;
    }
    if (walk.depth === 0) return at === bytes.length;
  }
  return false;
}
