import { Alarm } from "../../core/alarm.ts";
import { definePlugin } from "../../core/define.ts";
import type { NodeName, Peer } from "../../core/ids.ts";
import { Listeners } from "../../core/listeners.ts";
import type { Context, Life } from "../../core/plugin.ts";
import type { Addr, UdpSocket } from "../../core/ports.ts";
import type { Keepalive, LinkQuality } from "../../core/slots.ts";
import { type Config, config } from "./config.ts";
import { collectMetrics } from "./metrics.ts";
import type { DownReason, Handover, In } from "./events.ts";
import { KeepaliveBrain } from "./protocol.ts";

const UNKNOWN: LinkQuality = {
  state: "unknown",
  rttMs: undefined,
  rttVarMs: 0,
  lossIn: 0,
  lossOut: 0,
};
/** How often goodbye is said, and how far apart: at 20 % loss one in 125 neighbours misses all three. */
const GOODBYES = 3;
const GOODBYE_GAP_MS = 20;
/** A predecessor whose state was taken this long ago has a successor: it leaves without a word. */
const SWAP_MAX_MS = 10_000;

/** Keepalive on a socket. */
class KeepaliveUdp implements Keepalive, Life {
  readonly #ctx: Context<never>;
  readonly #config: Config;
  readonly #up = new Listeners<[Peer]>();
  readonly #down = new Listeners<[Peer, DownReason]>();
  readonly #alarm: Alarm;
  #brain: KeepaliveBrain | undefined;
  #socket: UdpSocket | undefined;
  #held: Disposable[] = [];
  #adopted: Handover | undefined;
  #goodbyes = 0;
  #snapshotMs = -Infinity;

  constructor(ctx: Context<never>, config: Config) {
    this.#ctx = ctx;
    this.#config = config;
    this.#alarm = new Alarm(ctx.clock, () => this.#feed({ kind: "tick" }));
  }

  get local(): Addr {
    const { listen, ports } = this.#ctx.self;
    return this.#socket?.local ?? { host: listen, port: ports.keepalive };
  }

  async start(signal: AbortSignal): Promise<void> {
    const { net, self, rng, clock, metrics } = this.#ctx;
    if (this.#brain !== undefined) throw new Error("Cannot start keepalive: it is running");
    const brain = new KeepaliveBrain(self, this.#config, rng, clock.now());
    this.#brain = brain;
    this.#goodbyes = 0;
    this.#snapshotMs = -Infinity;
    try {
      const bind = { host: self.listen, port: self.ports.keepalive };
      const socket = await net.udp(bind, { plane: "keepalive" });
      if (signal.aborted || this.#brain !== brain) {
        await socket[Symbol.asyncDispose]();
        signal.throwIfAborted();
        return;
      }
      this.#socket = socket;
    } catch (error) {
      if (this.#brain === brain) this.#brain = undefined;
      throw error;
    }
    if (this.#adopted !== undefined) brain.adopt(this.#adopted, clock.now());
    this.#adopted = undefined;
    this.#held = collectMetrics(metrics, brain);
    this.#held.push(
      this.#socket.onPacket((from, bytes) => this.#feed({ kind: "packet", from, bytes })),
    );
    this.#alarm.set(brain.dueMs);
  }

  async drain(withinMs: number): Promise<void> {
    const { clock } = this.#ctx;
    const gapMs = Math.min(GOODBYE_GAP_MS, withinMs / GOODBYES);
    while (this.#brain !== undefined && this.#goodbyes < GOODBYES) {
      this.#sayGoodbye();
      await new Promise<void>((done) => void clock.after(gapMs, done));
    }
  }

  async stop(): Promise<void> {
    const swapped = this.#ctx.clock.now() - this.#snapshotMs < SWAP_MAX_MS;
    while (this.#socket !== undefined && !swapped && this.#goodbyes < GOODBYES) this.#sayGoodbye();
    this.#brain = undefined;
    this.#alarm.set(undefined);
    for (const held of this.#held.splice(0)) held[Symbol.dispose]();
    this.#up.clear();
    this.#down.clear();
    const socket = this.#socket;
    this.#socket = undefined;
    await socket?.[Symbol.asyncDispose]();
  }

  snapshot(): unknown {
    this.#snapshotMs = this.#ctx.clock.now();
    return this.#brain?.snapshot();
  }

  adopt(state: unknown): void {
    if (typeof state !== "object" || state === null || !("kind" in state)) return;
    // The state never leaves the process; the tag says that a brain of this version made it.
    if (state.kind === "keepalive/1") this.#adopted = state as Handover;
  }

  watch(peer: Peer): void {
    this.#feed({ kind: "watch", peer });
  }

  unwatch(name: NodeName): void {
    this.#feed({ kind: "unwatch", name });
  }

  heard(name: NodeName): void {
    this.#feed({ kind: "heard", name });
  }

  link(name: NodeName): LinkQuality {
    return this.#brain?.table.watched.get(name)?.quality() ?? UNKNOWN;
  }

  watched(): readonly { readonly peer: Peer; readonly link: LinkQuality }[] {
    const links = this.#brain?.table.watched.values() ?? [];
    return [...links].flatMap((link) =>
      link.peer === undefined ? [] : [{ peer: link.peer, link: link.quality() }]
    );
  }

  onUp(fn: (peer: Peer) => void): Disposable {
    return this.#up.on(fn);
  }

  onDown(fn: (peer: Peer, why: DownReason) => void): Disposable {
    return this.#down.on(fn);
  }

  #sayGoodbye(): void {
    this.#goodbyes++;
    this.#feed({ kind: "leave" });
  }

  #feed(event: In): void {
    const brain = this.#brain;
    if (brain === undefined) return;
    const outs = brain.handle(event, this.#ctx.clock.now());
    // Armed before listeners run: one that throws or calls back must not leave the brain asleep.
    this.#alarm.set(brain.dueMs);
    for (const out of outs) {
      if (out.kind === "send") this.#socket?.send(out.to, out.bytes);
    }
    for (const out of outs) {
      // A listener may have stopped this node.
      if (out.kind === "send" || this.#brain !== brain) continue;
      this.#tell(out.kind === "up" ? undefined : out.why, out.peer);
    }
  }

  #tell(why: DownReason | undefined, peer: Peer): void {
    const fields = { peer: peer.name, instance: peer.instance };
    if (why === undefined) {
      this.#ctx.log.info("neighbor up", fields);
      this.#ctx.events.emit("neighbor-up", fields);
      this.#up.emit(peer);
    } else {
      this.#ctx.log.info("neighbor down", { ...fields, why });
      this.#ctx.events.emit("neighbor-down", { ...fields, why });
      this.#down.emit(peer, why);
    }
  }
}

/** One-way heartbeats, fast probes for suspects, measured links. */
export default definePlugin({
  name: "keepalive",
  slot: "keepalive",
  summary: "Tells within a second who is alive, and measures round trip, jitter and loss of links.",
  needs: [],
  config,
  create: (ctx, options) => new KeepaliveUdp(ctx, options),
});
