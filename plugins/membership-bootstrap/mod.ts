import { Alarm } from "../../core/alarm.ts";
import { definePlugin } from "../../core/define.ts";
import { type NodeName, nodeName, type Peer } from "../../core/ids.ts";
import { Listeners } from "../../core/listeners.ts";
import { type Context, type Self, UserError } from "../../core/plugin.ts";
import type { Control, Datapath, Keepalive, SelfOffer } from "../../core/slots.ts";
import type { AnyEnvelope } from "../../core/wire/control_codec.ts";
import { encodeFrame } from "../../core/wire/frame.ts";
import { type MessageBody, peerSchema } from "../../core/wire/messages.ts";
import { type Config, config } from "./config.ts";
import { Connection } from "./connection.ts";
import { type In, type Out, Registrar } from "./protocol.ts";

type Needs = "control" | "keepalive" | "datapath";

/** Hosts that mean "any of mine": nobody can reach a node by them. */
const UNSPECIFIED = new Set(["0.0.0.0", "::"]);
/** Round trips one REGISTER carries. */
const RTTS_MAX = 256;
/** The farewell to the bootstrapper is in the system's hands by then. */
const FAREWELL_MS = 200;

/** The peers of a config's list. Their instance is not known: 0 is older than any. */
function fixedPeers(options: Config): readonly Peer[] {
  return options.neighbors.flatMap(({ name, host, control, keepalive, media, pop, roles }) => {
    const checked = nodeName(name);
    if (checked === undefined) return [];
    const at = (port: number) => ({ host, port });
    return [{
      name: checked,
      instance: 0,
      roles,
      pop,
      control: at(control),
      keepalive: at(keepalive),
      media: at(media),
    }];
  });
}

/** Measured round trips, in whole microseconds, as REGISTER carries them. */
function rttsOf(keepalive: Keepalive): [NodeName, number][] {
  return keepalive.watched().flatMap(({ peer, link }): [NodeName, number][] =>
    link.rttMs === undefined
      ? []
      : [[peer.name, Math.min(0xffffffff, Math.round(link.rttMs * 1000))]]
  ).slice(0, RTTS_MAX);
}

/** Who is alive, as far as keepalive can tell. */
function aliveOf(keepalive: Keepalive): ReadonlySet<NodeName> {
  return new Set(
    keepalive.watched()
      .filter(({ link }) => link.state === "up" || link.state === "suspect")
      .map(({ peer }) => peer.name),
  );
}

/** The neighbors in a predecessor's snapshot. */
function adoptable(state: unknown): readonly Peer[] {
  if (typeof state !== "object" || state === null || !("neighbors" in state)) return [];
  const parsed = peerSchema.array().safeParse(state.neighbors);
  return parsed.success ? parsed.data : [];
}

/** The shell: turns the brain's effects into ports. */
class Membership {
  readonly #ctx: Context<Needs>;
  readonly #control: Control;
  readonly #keepalive: Keepalive;
  readonly #datapath: Datapath;
  readonly #self: Self;
  readonly #hasFixed: boolean;
  readonly #brain: Registrar;
  readonly #alarm: Alarm;
  readonly #changes = new Listeners();
  readonly #received;
  readonly #malformed;
  #held: Disposable[] = [];
  #connection: Connection | undefined;
  readonly #open = new Set<Connection>();
  #running = false;
  #offer: SelfOffer = { pop: false };
  #localHost: string | undefined;
  #seq = 0;

  constructor(ctx: Context<Needs>, options: Config) {
    this.#ctx = ctx;
    this.#control = ctx.use("control");
    this.#keepalive = ctx.use("keepalive");
    this.#datapath = ctx.use("datapath");
    this.#self = ctx.self;
    const fixed = fixedPeers(options);
    this.#hasFixed = fixed.length > 0;
    const hasBootstrap = ctx.self.bootstrap !== undefined;
    this.#brain = new Registrar(options, ctx.rng, ctx.self.name, fixed, hasBootstrap);
    this.#alarm = new Alarm(ctx.clock, () => this.#feed({ kind: "tick" }));
    this.#received = ctx.metrics.counter(
      "membership_registered_total",
      "Answers of the bootstrapper that gave neighbors.",
    );
    this.#malformed = ctx.metrics.counter(
      "membership_malformed_total",
      "Messages on the bootstrapper's connection that are none, or not its to send.",
    );
  }

  start(): void {
    if (this.#running) return;
    if (this.#self.bootstrap === undefined && !this.#hasFixed) {
      throw new UserError(
        "no-bootstrap",
        "Cannot register: no bootstrap address in the config (and no list of fixed neighbors)",
      );
    }
    this.#running = true;
    const { metrics } = this.#ctx;
    this.#held = [
      // Any authentic message is a sign of life, not heartbeats alone.
      this.#control.onHeard((name) => this.#keepalive.heard(name)),
      this.#keepalive.onDown((peer, why) => {
        if (why !== "restarted") this.#feed({ kind: "down", name: peer.name });
      }),
      metrics.collect("membership_neighbors", "gauge", "Neighbors held.", () => [
        { value: this.#brain.neighbors.length },
      ]),
      metrics.collect(
        "membership_registered",
        "gauge",
        "1 while the bootstrapper knows this node.",
        () => [{ value: this.#brain.registered ? 1 : 0 }],
      ),
    ];
    this.#feed({ kind: "start" });
  }

  /** Takes this node off the bootstrapper's list, as far as that is done in time. */
  async drain(withinMs: number): Promise<void> {
    const connection = this.#connection;
    if (!this.#running) return;
    this.#feed({ kind: "drain" });
    if (connection === undefined) return;
    const timeUp = Promise.withResolvers<void>();
    const timer = this.#ctx.clock.after(Math.min(withinMs, FAREWELL_MS), timeUp.resolve);
    await Promise.race([connection.closed, timeUp.promise]);
    timer[Symbol.dispose]();
  }

  async stop(): Promise<void> {
    if (this.#running) this.#feed({ kind: "stop" });
    this.#running = false;
    this.#alarm[Symbol.dispose]();
    for (const held of this.#held.splice(0)) held[Symbol.dispose]();
    this.#changes.clear();
    await Promise.all([...this.#open].map((connection) => connection[Symbol.asyncDispose]()));
  }

  self(): Peer {
    const { name, instance, roles, advertise } = this.#self;
    const host = UNSPECIFIED.has(advertise) ? this.#localHost ?? advertise : advertise;
    const at = (port: number) => ({ host, port });
    return {
      name,
      instance,
      roles,
      pop: this.#offer.pop,
      control: at(this.#control.local.port),
      keepalive: at(this.#keepalive.local.port),
      media: at(this.#datapath.local.port),
    };
  }

  offer(offer: SelfOffer): void {
    if (offer.pop === this.#offer.pop) return;
    this.#offer = { pop: offer.pop };
    if (!this.#running) return;
    this.#feed({ kind: "self-changed" });
    this.#changes.emit();
  }

  neighbors(): readonly Peer[] {
    return this.#brain.neighbors;
  }

  onChange(fn: () => void): Disposable {
    return this.#changes.on(fn);
  }

  refresh(): void {
    if (this.#running) this.#feed({ kind: "refresh" });
  }

  snapshot(): unknown {
    return { neighbors: this.#brain.neighbors, offer: this.#offer };
  }

  adopt(state: unknown): void {
    this.#brain.adopt(adoptable(state));
    if (typeof state !== "object" || state === null || !("offer" in state)) return;
    const { offer } = state;
    if (typeof offer === "object" && offer !== null && "pop" in offer) {
      this.#offer = { pop: offer.pop === true };
    }
  }

  #feed(event: In): void {
    if (!this.#running) return;
    const { clock } = this.#ctx;
    const effects = this.#brain.handle(event, clock.now());
    for (const effect of effects) this.#act(effect);
    this.#alarm.set(this.#brain.dueMs());
    // Listeners may call back: they hear last, when everything above stands.
    if (effects.some((effect) => effect.kind === "changed")) this.#changes.emit();
  }

  #act(effect: Out): void {
    switch (effect.kind) {
      case "watch":
        return this.#keepalive.watch(effect.peer);
      case "unwatch":
        return this.#keepalive.unwatch(effect.name);
      case "dial":
        return this.#dial();
      case "hang-up":
        this.#connection?.hangUp();
        this.#connection = undefined;
        return;
      case "register": {
        const rtts = rttsOf(this.#keepalive);
        return this.#send("REGISTER", { peer: this.self(), rtts });
      }
      case "deregister": {
        const { name, instance } = this.#self;
        return this.#send("DEREGISTER", { name, instance });
      }
      case "changed":
        return;
      case "log":
        return this.#ctx.log[effect.level](effect.event, effect.fields);
    }
  }

  #send<T extends "REGISTER" | "DEREGISTER">(type: T, body: MessageBody<T>): void {
    const { name: from, instance } = this.#self;
    const seq = this.#seq++;
    this.#connection?.write(encodeFrame({ type, from, instance, seq, body, re: undefined }));
  }

  #dial(): void {
    const to = this.#self.bootstrap;
    if (to === undefined) return;
    const { net, clock } = this.#ctx;
    const connection = new Connection(net, clock, to, {
      up: (local) => {
        this.#localHost = local.host;
        this.#feed({ kind: "connected" });
      },
      message: (envelope) => this.#message(envelope),
      malformed: () => this.#malformed.add(),
      down: (why) => this.#feed({ kind: "disconnected", why }),
    });
    this.#connection = connection;
    this.#open.add(connection);
    const gone = () => void this.#open.delete(connection);
    connection.closed.then(gone, gone);
  }

  #message(envelope: AnyEnvelope): void {
    switch (envelope.type) {
      case "REGISTERED": {
        this.#received.add();
        const alive = aliveOf(this.#keepalive);
        return this.#feed({ kind: "registered", ...envelope.body, alive });
      }
      case "REJECTED":
        return this.#feed({ kind: "rejected", ...envelope.body });
      default:
        return this.#malformed.add();
    }
  }
}

/** Registers at the bootstrapper, and keeps its neighbors watched. */
export default definePlugin({
  name: "membership-bootstrap",
  slot: "membership",
  summary: "Registers at the bootstrapper over TCP and keeps the neighbors it names watched.",
  needs: ["control", "keepalive", "datapath"],
  config,
  create(ctx, options) {
    const membership = new Membership(ctx, options);
    return {
      start: () => membership.start(),
      drain: (withinMs) => membership.drain(withinMs),
      stop: () => membership.stop(),
      snapshot: () => membership.snapshot(),
      adopt: (state) => membership.adopt(state),
      self: () => membership.self(),
      offer: (offer) => membership.offer(offer),
      neighbors: () => membership.neighbors(),
      onChange: (fn) => membership.onChange(fn),
      refresh: () => membership.refresh(),
    };
  },
});
