import { z } from "zod";
import { NAME_PATTERN } from "../../core/ids.ts";
import { duration } from "../../core/units.ts";

const port = z.number().int().min(1).max(65535);

const neighbor = z.strictObject({
  name: z.string().regex(NAME_PATTERN, "a node name expected").describe("The neighbor's name."),
  host: z.string().min(1).max(255).describe("Host the neighbor is reached by."),
  control: port.default(6000).describe("Its control port."),
  keepalive: port.default(6001).describe("Its keepalive port."),
  media: port.default(7000).describe("Its media port."),
  pop: z.boolean().default(false).describe("Viewers may attach there."),
  roles: z.array(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/)).max(8).default(["relay"]).describe(
    "What it is for.",
  ),
});

/** Options of `membership-bootstrap`. */
export const config = z.strictObject({
  neighbors: z.array(neighbor).max(64).default([]).describe(
    "Neighbors that are always there, beside those of the bootstrapper or instead of one.",
  ),
  retryMin: duration(50, 60_000).prefault("200ms").describe(
    "First wait before the bootstrapper is dialed again; doubles up to `retryMax`, with jitter.",
  ),
  retryMax: duration(50, 600_000).prefault("5s").describe(
    "Longest wait; half a lease, so that a restarted bootstrapper knows all within one.",
  ),
  answer: duration(100, 60_000).prefault("5s").describe(
    "A bootstrapper that answers no registration for this long is dialed anew.",
  ),
  measure: duration(500, 60_000).prefault("5s").describe(
    "How long a node that the bootstrapper wants measured is watched; covers one renewal (a third of 10 s).",
  ),
  refreshGap: duration(100, 60_000).prefault("1s").describe(
    "Registrations that other plugins ask for come no faster than this.",
  ),
});

/** Checked options. */
export type Config = z.output<typeof config>;
