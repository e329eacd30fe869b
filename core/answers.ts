/**
 * What the admin API answers, as schemas: the OpenAPI document and the typed client follow from them, and a
 * test holds real answers against them.
 */
import { z } from "zod";
import { EVENT_KINDS } from "./ports.ts";
import { MANY_SLOTS } from "./slots.ts";

const name = z.string();
const ms = z.number();
const addrAnswer = z.object({ host: z.string(), port: z.int() });

/** A node as others know it. */
export const peerAnswer = z.object({
  name,
  instance: z.number().describe("Unix milliseconds of its start."),
  roles: z.array(z.string()),
  pop: z.boolean(),
  control: addrAnswer,
  keepalive: addrAnswer,
  media: addrAnswer,
});

/** This node. */
export const nodeAnswer = z.object({
  name,
  instance: z.number().describe("Unix milliseconds of its start."),
  roles: z.array(z.string()),
  pop: z.boolean(),
  status: z.enum(["idle", "starting", "running", "draining", "stopping", "stopped"]),
  uptimeMs: ms,
  version: z.string(),
  addresses: z.object({
    control: addrAnswer.optional(),
    keepalive: addrAnswer.optional(),
    media: addrAnswer.optional(),
  }),
});

/** A neighbor and the measured quality of the link to it. */
export const neighborAnswer = z.object({
  name,
  instance: z.number(),
  roles: z.array(z.string()),
  pop: z.boolean(),
  control: z.string().describe("`host:port`."),
  state: z.enum(["unknown", "up", "suspect", "down"]),
  rttMs: ms.optional().describe("Smoothed; left out before the first echo."),
  rttVarMs: ms,
  lossIn: z.number().describe("Share of heartbeats lost on the way in."),
  lossOut: z.number().describe("Share of heartbeats lost on the way out."),
});

/** A stream that this node receives. */
export const subscriptionAnswer = z.object({
  stream: name,
  session: name,
  state: z.enum(["idle", "joining", "flowing", "switching", "seeking", "ended"]),
  parents: z.array(name).describe("Those that have accepted this node."),
  delivering: z.array(name).describe("Those of them that media comes from."),
  standby: name.optional(),
  failovers: z.int(),
  handovers: z.int(),
  lastOutageMs: ms.optional(),
});

/** A child that this node sends a stream to. */
export const childAnswer = z.object({
  stream: name,
  child: name,
  session: name,
  media: addrAnswer,
  sinceMs: ms,
  bitrate: z.number(),
});

/** Routes, subscriptions and children. */
export const treeAnswer = z.object({
  node: name,
  roles: z.array(z.string()),
  pop: z.boolean(),
  origins: z.array(z.object({
    origin: name,
    epoch: z.number(),
    digest: z.string(),
    routes: z.array(z.object({
      origin: name,
      parent: name,
      path: z.array(name),
      costUs: z.number(),
      feasible: z.boolean(),
    })).describe("Best first: the parent, then the standby."),
  })),
  subscriptions: z.array(subscriptionAnswer),
  children: z.array(childAnswer),
});

/** A stream of the network. */
export const streamAnswer = z.object({
  name,
  ssrc: z.number(),
  bitrate: z.number().optional().describe("Bits per second, when known."),
  title: z.string(),
  counters: z.record(z.string(), z.unknown()).optional().describe("Where it runs on this node."),
});

/** A relay that viewers may attach to. */
export const popAnswer = z.object({
  peer: peerAnswer,
  children: z.int(),
  maxChildren: z.int(),
  closed: z.boolean(),
});

/** A viewer's session. */
export const sessionAnswer = z.object({
  session: name,
  stream: name,
  ssrc: z.number().optional(),
  port: z.int().optional(),
  budgetMs: ms.describe("How long a late or lost packet is waited for."),
  ended: z.boolean(),
  packets: z.int(),
  lost: z.int(),
  ...subscriptionAnswer.omit({ stream: true, session: true }).partial().shape,
  sinks: z.array(z.looseObject({ id: name, pace: z.enum(["asap", "smooth"]) })),
});

/** A running plugin. */
export const pluginAnswer = z.object({
  id: name,
  name,
  slot: z.string(),
  summary: z.string(),
  configured: z.boolean().describe("Named by the config, or a slot's default."),
  config: z.unknown().describe("Its options with defaults filled in, secrets hidden."),
});

/** A plugin that could run. */
export const builtinAnswer = z.object({
  name,
  slot: z.string(),
  summary: z.string(),
  many: z.boolean().describe(`Whether its slot takes many (${MANY_SLOTS.join(", ")}).`),
  options: z.record(z.string(), z.unknown()).describe("JSON Schema of its options."),
});

/** What a change did, by ids. */
export const changeAnswer = z.object({
  added: z.array(name),
  removed: z.array(name),
  swapped: z.array(name).describe("Replaced by another, or by itself with other options."),
  adjusted: z.array(name).describe("Took other options without being replaced."),
  unsaved: z.boolean().describe("Whether the config that runs differs from its file."),
});

/** Something that happened. */
export const eventAnswer = z.object({
  id: z.int().describe("Grows with every event, over restarts too."),
  timeMs: z.number().describe("Unix milliseconds."),
  kind: z.string().describe(`One of ${EVENT_KINDS.join(", ")}, or x-... of a plugin of your own.`),
  plugin: name.optional(),
  fields: z.record(z.string(), z.unknown()),
});

/** Events after an id. */
export const eventPageAnswer = z.object({
  events: z.array(eventAnswer),
  last: z.int().describe("Ask from here on next time."),
  missed: z.boolean().describe("Whether some between are no longer held."),
});

/** A recording under way. */
export const recordingAnswer = z.object({
  id: name.describe("The sink that records."),
  session: name,
  stream: name,
  file: z.string(),
  bytes: z.int(),
  lost: z.int(),
  droppedBytes: z.int(),
  trouble: z.string().optional(),
});

/** How much is logged. */
export const logAnswer = z.object({ level: z.enum(["debug", "info", "warn", "error"]) });

/** The config as it runs. */
export const configAnswer = z.looseObject({
  file: z.string(),
  unsaved: z.boolean().describe("Whether it differs from its file."),
  plugins: z.array(
    z.object({ use: z.string(), id: name.optional(), with: z.unknown().optional() }),
  ),
  running: z.array(pluginAnswer),
});

/** What is wrong with a request (RFC 9457). */
export const problemAnswer = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string().describe("Stable, for programs."),
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional()
    .describe("What is wrong where, when the input or the config that it would make is."),
});
