/** Keeps secrets out of logs and answers. */

const SECRET_KEY = /token|secret|password|passphrase|authorization|cookie|key$/i;
/** What stands in a secret's place. */
export const HIDDEN = "(hidden)";

/** Whether a key's value is a secret by its name. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key);
}

const MAX_DEPTH = 8;
const MAX_BYTES_SHOWN = 32;

/**
 * A plain copy that JSON can hold: secrets hidden, errors with their causes, maps and sets as objects and
 * lists, bytes as hex, big integers as text; what is too deep or turns in a circle is cut.
 */
export function plain(value: unknown, depth = 0, above: readonly object[] = []): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  if (typeof value !== "object" || value === null) return value;
  if (above.includes(value)) return "(circular)";
  if (depth >= MAX_DEPTH) return "(too deep)";
  const inside = [...above, value];
  const deeper = (one: unknown): unknown => plain(one, depth + 1, inside);
  if (value instanceof Error) return plainError(value, deeper);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return plainBytes(value);
  if (Array.isArray(value) || value instanceof Set) return [...value].map(deeper);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, one]) => {
      const name = String(key);
      const hide = isSecretKey(name) && one !== undefined && one !== null &&
        typeof one !== "boolean";
      return [name, hide ? HIDDEN : deeper(one)];
    }),
  );
}

function plainBytes(bytes: Uint8Array): string {
  const hex = bytes.subarray(0, MAX_BYTES_SHOWN).toHex();
  return bytes.length > MAX_BYTES_SHOWN ? `${hex}... (${bytes.length} bytes)` : hex;
}

function plainError(error: Error, deeper: (one: unknown) => unknown): Record<string, unknown> {
  return {
    name: error.name,
    message: error.message,
    ...("code" in error ? { code: deeper(error.code) } : {}),
    ...(error.cause === undefined ? {} : { cause: deeper(error.cause) }),
    ...(error instanceof AggregateError ? { errors: error.errors.map(deeper) } : {}),
    stack: error.stack?.split("\n").slice(1, 9).map((line) => line.trim()),
  };
}
