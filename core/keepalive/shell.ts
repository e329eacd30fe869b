import { Alarm } from "../alarm.ts";
import type { NodeName, Peer } from "../ids.ts";
import { Listeners } from "../listeners.ts";
import type { Context, Life } from "../plugin.ts";
import type { Addr, Metrics, UdpSocket } from "../ports.ts";
import type { Keepalive, LinkQuality } from "../slots.ts";
import { collectMetrics } from "./metrics.ts";
import type { DownReason, Handover, In } from "./events.ts";
import type { KeepaliveBrain } from "./brain.ts";

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
/** Demands kept for a successor at most; a swap takes milliseconds. */
const LATE_MAX = 1024;
/** A predecessor whose state was taken this long ago has a successor: it leaves without a word. */
const SWAP_MAX_MS = 10_000;

/** What a plugin puts into the shell. */
export interface KeepaliveParts {
  readonly name: string;
  brain(nowMs: number): KeepaliveBrain;
  /** Metrics beyond those of all keepalives. */
  collect?(metrics: Metrics, brain: KeepaliveBrain): Disposable[];
}

/** The life of a keepalive plugin on a socket. */
export class KeepaliveLife implements Keepalive, Life {
  readonly #ctx: Context<never>;
  readonly #parts: KeepaliveParts;
  readonly #up = new Listeners<[Peer]>();
  readonly #down = new Listeners<[Peer, DownReason]>();
  readonly #alarm: Alarm;
  #brain: KeepaliveBrain | undefined;
  #socket: UdpSocket | undefined;
  #held: Disposable[] = [];
  #adopted: Handover | undefined;
  #handed: Handover | undefined;
  #goodbyes = 0;
  #snapshotMs = -Infinity;

  constructor(ctx: Context<never>, parts: KeepaliveParts) {
    this.#ctx = ctx;
    this.#parts = parts;
    this.#alarm = new Alarm(ctx.clock, () => this.#feed({ kind: "tick" }));
  }

  get local(): Addr {
    const { listen, ports } = this.#ctx.self;
    return this.#socket?.local ?? { host: listen, port: ports.keepalive };
  }

  async start(signal: AbortSignal): Promise<void> {
    const { net, self, clock, metrics } = this.#ctx;
    const { name } = this.#parts;
    if (this.#brain !== undefined) throw new Error(`Cannot start ${name}: it is running`);
    const brain = this.#parts.brain(clock.now());
    this.#brain = brain;
    this.#goodbyes = 0;
    this.#snapshotMs = -Infinity;
    this.#handed = undefined;
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
    const adopted = this.#adopted;
    this.#adopted = undefined;
    if (adopted !== undefined) brain.adopt(adopted, clock.now());
    this.#held = [
      ...collectMetrics(metrics, brain),
      ...this.#parts.collect?.(metrics, brain) ?? [],
    ];
    this.#held.push(
      this.#socket.onPacket((from, bytes) => this.#feed({ kind: "packet", from, bytes })),
    );
    this.#alarm.set(brain.dueMs);
    for (const event of adopted?.late.splice(0) ?? []) this.#feed(event);
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
    return this.#handed = this.#brain?.snapshot();
  }

  adopt(state: unknown): void {
    if (typeof state !== "object" || state === null || !("kind" in state)) return;
    // The state never leaves the process; the tag says that a brain of this version made it.
    if (state.kind === "keepalive/1") this.#adopted = state as Handover;
  }

  watch(peer: Peer): void {
    this.#demand({ kind: "watch", peer });
  }

  unwatch(name: NodeName): void {
    this.#demand({ kind: "unwatch", name });
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

  /** In the middle of a swap a demand is kept for the successor. */
  #demand(event: Handover["late"][number]): void {
    if (this.#brain !== undefined) return this.#feed(event);
    const late = this.#handed?.late;
    if (late !== undefined && late.length < LATE_MAX) late.push(event);
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
