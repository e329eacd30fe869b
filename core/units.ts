/** Durations, sizes, rates, shares and addresses as people write them, as zod types. */
import { z } from "zod";
import type { Addr } from "./ports.ts";

const DURATION_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
};
const SIZE_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};
const RATE_BITS: Readonly<Record<string, number>> = {
  "bit/s": 1,
  "kbit/s": 1000,
  "Mbit/s": 1e6,
  "Gbit/s": 1e9,
};

function parse(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z/]+)$/.exec(text.trim());
  const unit = match?.[2] === undefined ? undefined : units[match[2]];
  return unit === undefined || match?.[1] === undefined ? undefined : Number(match[1]) * unit;
}

/** Milliseconds in `500ms`, `2s`, `5min`; undefined when it is none. */
export const parseDuration = (text: string): number | undefined => parse(text, DURATION_MS);
/** Bytes in `64KiB`, `2MB`; undefined when it is none. */
export const parseSize = (text: string): number | undefined => parse(text, SIZE_BYTES);
/** Bits per second in `4Mbit/s`; undefined when it is none. */
export const parseRate = (text: string): number | undefined => parse(text, RATE_BITS);

/** Builds a zod type for a written quantity; the input is text, the output a number. */
function quantity(
  what: string,
  example: string,
  read: (text: string) => number | undefined,
  min: number,
  max: number,
  written: (value: number) => string,
) {
  return z.string({ error: `${what} such as ${example} expected` }).transform((text, ctx) => {
    const value = read(text);
    if (value === undefined || !Number.isFinite(value)) {
      ctx.addIssue({
        code: "custom",
        message: `${what} such as ${example} expected, got "${text}"`,
      });
      return z.NEVER;
    }
    if (value < min || value > max) {
      ctx.addIssue({
        code: "custom",
        message: `must lie between ${written(min)} and ${written(max)}, got ${text}`,
      });
      return z.NEVER;
    }
    return value;
  });
}

/** A duration in milliseconds, within bounds in milliseconds. */
export const duration = (minMs = 0, maxMs = 7 * 24 * 3_600_000) =>
  quantity("a duration", "500ms or 2s", parseDuration, minMs, maxMs, writeDuration);
/** A size in bytes, within bounds in bytes. */
export const size = (minBytes = 0, maxBytes = 2 ** 50) =>
  quantity("a size", "64KiB or 2MB", parseSize, minBytes, maxBytes, (v) => `${v}B`);
/** A rate in bits per second, within bounds. */
export const rate = (min = 0, max = 1e12) =>
  quantity("a rate", "4Mbit/s", parseRate, min, max, writeRate);
/** A share: `20%` gives 0.2. */
export const share = (min = 0, max = 1) =>
  quantity(
    "a share",
    "20%",
    (text) => {
      const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
      return match?.[1] === undefined ? undefined : Number(match[1]) / 100;
    },
    min,
    max,
    (v) => `${v * 100}%`,
  );

/** Splits `host:port` or `[v6]:port`; undefined when it is none. */
export function parseAddr(text: string): Addr | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65535 ? undefined : { host, port };
}

/** An address `host:port`. */
export const addr = () =>
  z.string({ error: "an address such as 127.0.0.1:5000 expected" }).transform((text, ctx) => {
    const value = parseAddr(text);
    if (value === undefined) {
      ctx.addIssue({
        code: "custom",
        message: `an address such as 127.0.0.1:5000 or [::1]:5000 expected, got "${text}"`,
      });
      return z.NEVER;
    }
    return value;
  });

/** Milliseconds as people write them. */
export function writeDuration(ms: number): string {
  if (ms >= 3_600_000 && ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms >= 1000) return `${Number((ms / 1000).toPrecision(4))}s`;
  return `${Number(ms.toPrecision(4))}ms`;
}

/** Bits per second as people write them. */
export function writeRate(bits: number): string {
  if (bits >= 1e9) return `${Number((bits / 1e9).toPrecision(4))}Gbit/s`;
  if (bits >= 1e6) return `${Number((bits / 1e6).toPrecision(4))}Mbit/s`;
  if (bits >= 1e3) return `${Number((bits / 1e3).toPrecision(4))}kbit/s`;
  return `${Number(bits.toPrecision(4))}bit/s`;
}
