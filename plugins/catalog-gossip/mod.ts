import { Alarm } from "../../core/alarm.ts";
import { z } from "zod";
import { definePlugin } from "../../core/define.ts";
import { type NodeName, type Ssrc, type StreamName, streamName } from "../../core/ids.ts";
import { Listeners } from "../../core/listeners.ts";
import type { Context } from "../../core/plugin.ts";
import type { Control, Keepalive, Membership } from "../../core/slots.ts";
import type { Message, MessageType } from "../../core/wire/messages.ts";
import { type Config, config } from "./config.ts";
import type { In } from "./events.ts";
import { Gossip } from "./protocol.ts";

type Needs = "control" | "keepalive" | "membership";

/** What a predecessor leaves. */
const stateSchema = z.object({
  instance: z.number().int().min(0),
  version: z.number().int().min(0),
  streams: z.array(z.object({
    name: z.custom<StreamName>((value) => streamName(value) !== undefined),
    ssrc: z.custom<Ssrc>((value) => typeof value === "number" && Number.isInteger(value)),
    bitrate: z.number().optional(),
    title: z.string(),
  })),
  pop: z.object({
    children: z.number().int().min(0),
    maxChildren: z.number().int().min(0),
    closed: z.boolean(),
  }).optional(),
});

/** The shell: turns the brain's effects into ports. */
class Catalog {
  readonly #ctx: Context<Needs>;
  readonly #control: Control;
  readonly #keepalive: Keepalive;
  readonly #membership: Membership;
  readonly brain: Gossip;
  readonly #alarm: Alarm;
  readonly #changes = new Listeners();
  #held: Disposable[] = [];
  #running = false;
  #cutWarned = false;

  constructor(ctx: Context<Needs>, options: Config) {
    this.#ctx = ctx;
    this.#control = ctx.use("control");
    this.#keepalive = ctx.use("keepalive");
    this.#membership = ctx.use("membership");
    this.brain = new Gossip(options, ctx.rng, ctx.self.name, ctx.self.instance);
    this.#alarm = new Alarm(ctx.clock, () => this.feed({ kind: "tick" }));
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    const control = this.#control;
    const keepalive = this.#keepalive;
    const membership = this.#membership;
    this.#held = [
      control.onMessage(
        "CATALOG_RECORD",
        ({ from, body }) => this.feed({ kind: "record", from, record: body }),
      ),
      control.onMessage(
        "CATALOG_WANT",
        ({ from, body }) => this.feed({ kind: "want", from, body }),
      ),
      control.onMessage("CATALOG_DIGEST", (message) => {
        const { from, body, re } = message;
        this.feed({ kind: "digest", from, body, answer: re !== undefined }, message);
      }),
      keepalive.onUp((peer) => this.feed({ kind: "up", name: peer.name })),
      keepalive.onDown((peer) => this.feed({ kind: "down", name: peer.name })),
      membership.onChange(() => this.#membershipChanged()),
      ...this.#collect(),
    ];
    this.feed({ kind: "start", self: membership.self() });
    this.#setNeighbors();
  }

  stop(): void {
    this.#running = false;
    this.#alarm[Symbol.dispose]();
    for (const held of this.#held.splice(0)) held[Symbol.dispose]();
    this.#changes.clear();
  }

  onChange(fn: () => void): Disposable {
    return this.#changes.on(fn);
  }

  adopt(state: unknown): void {
    const parsed = stateSchema.safeParse(state);
    if (!parsed.success) return;
    const { streams, pop, instance, version } = parsed.data;
    const now = this.#ctx.clock.now();
    const list = streams.map((stream) => ({ ...stream, bitrate: stream.bitrate }));
    this.brain.adopt({ instance, version, pop, streams: list }, now);
  }

  /** `message` is the one that an answer goes to. */
  feed(event: In, message?: Message<MessageType>): void {
    if (!this.#running) return;
    const control = this.#control;
    let changed = false;
    for (const effect of this.brain.handle(event, this.#ctx.clock.now())) {
      if (effect.kind === "changed") changed = true;
      else if (effect.kind === "send") {
        control.send(effect.to, effect.message.type, effect.message.body);
      } else if (message !== undefined) control.reply(message, "CATALOG_DIGEST", effect.body);
    }
    this.#alarm.set(this.brain.dueMs());
    this.#warnOfCut();
    // Listeners may call back: they hear last, when everything above stands.
    if (changed) this.#changes.emit();
  }

  #membershipChanged(): void {
    if (!this.#running) return;
    this.feed({ kind: "self", self: this.#membership.self() });
    this.#setNeighbors();
  }

  #setNeighbors(): void {
    const isUp = (name: NodeName): boolean => {
      const { state } = this.#keepalive.link(name);
      return state === "up" || state === "suspect";
    };
    const neighbors = this.#membership.neighbors()
      .map((peer) => ({ peer, up: isUp(peer.name) }));
    this.feed({ kind: "neighbors", neighbors });
  }

  #warnOfCut(): void {
    const { streamsCut } = this.brain;
    if (streamsCut > 0 && !this.#cutWarned) {
      this.#ctx.log.warn("streams do not fit the catalogue", { streams: streamsCut });
    }
    this.#cutWarned = streamsCut > 0;
  }

  #collect(): readonly Disposable[] {
    const { metrics } = this.#ctx;
    const gauge = (name: string, help: string, read: () => number) =>
      metrics.collect(name, "gauge", help, () => [{ value: read() }]);
    return [
      gauge("catalog_owners", "Nodes with entries.", () => this.brain.owners),
      gauge("catalog_bytes", "Size of all entries.", () => this.brain.bytes),
      gauge("catalog_streams", "Streams known.", () => this.brain.streams.length),
      gauge("catalog_pops", "POPs known.", () => this.brain.pops.length),
      gauge("catalog_streams_cut", "Own streams that are not spread.", () => this.brain.streamsCut),
      metrics.collect(
        "catalog_dropped_total",
        "counter",
        "Messages that changed nothing, by reason.",
        () =>
          Object.entries(this.brain.dropped).map(([reason, value]) => ({
            labels: { reason },
            value,
          })),
      ),
    ];
  }
}

/** Streams and POPs of the network, spread among neighbors. */
export default definePlugin({
  name: "catalog-gossip",
  slot: "catalog",
  summary: "Spreads the list of streams and POPs from neighbor to neighbor.",
  needs: ["control", "keepalive", "membership"],
  config,
  create(ctx, options) {
    const catalog = new Catalog(ctx, options);
    const { brain } = catalog;
    return {
      start: () => catalog.start(),
      drain: () => catalog.feed({ kind: "withdraw" }),
      stop: () => catalog.stop(),
      snapshot: () => brain.snapshot(),
      adopt: (state) => catalog.adopt(state),
      offerStreams: (streams) => catalog.feed({ kind: "offer-streams", streams }),
      offerPop: (pop) => catalog.feed({ kind: "offer-pop", pop }),
      streams: () => brain.streams,
      stream: (name) => brain.stream(name),
      pops: () => brain.pops,
      digest: () => brain.digest,
      onChange: (fn) => catalog.onChange(fn),
    };
  },
});
