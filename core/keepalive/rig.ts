/** For tests and tables: keepalive brains joined by a seeded network, without sockets. */
import { addrKey, type NodeName, type Peer } from "../ids.ts";
import type { Addr, Rng } from "../ports.ts";
import { seededRng } from "../rng.ts";
import type { In, Me, Out } from "./events.ts";
import type { KeepaliveBrain } from "./brain.ts";

/** How the network behaves, the same both ways. */
export interface Weather {
  readonly latencyMs: number;
  /** Added to the latency, uniform. */
  readonly jitterMs: number;
  readonly loss: number;
}

/** A network without fault. */
export const FAIR: Weather = { latencyMs: 5, jitterMs: 0, loss: 0 };

/** Something told by a brain: who told it, of whom, and when. */
export interface Told {
  readonly atMs: number;
  readonly by: NodeName;
  readonly of: NodeName;
  readonly what: "up" | "silent" | "restarted" | "left";
}

interface Flight {
  readonly atMs: number;
  readonly from: Addr;
  readonly to: RigNode;
  readonly bytes: Uint8Array;
}

/** Makes a plugin's brain from its options. */
export type MakeBrain = (me: Me, raw: object, rng: Rng, nowMs: number) => KeepaliveBrain;

/** One node. */
export class RigNode {
  brain: KeepaliveBrain;
  /** Crashed or frozen: hears nothing, does nothing. */
  silent = false;
  instance = 1;
  sentBytes = 0;
  sentPackets = 0;

  constructor(
    readonly rig: Rig,
    readonly name: NodeName,
    readonly addr: Addr,
    readonly raw: object,
  ) {
    this.brain = rig.make({ name, instance: 1 }, raw, rig.rng, rig.nowMs);
  }

  get peer(): Peer {
    const { name, addr, instance } = this;
    return { name, instance, roles: [], pop: false, control: addr, keepalive: addr, media: addr };
  }

  /** Forgets everything and comes back as another life. */
  restart(): void {
    this.instance++;
    this.silent = false;
    const me = { name: this.name, instance: this.instance };
    this.brain = this.rig.make(me, this.raw, this.rig.rng, this.rig.nowMs);
  }

  feed(event: In): void {
    for (const out of this.brain.handle(event, this.rig.nowMs)) this.#act(out);
  }

  watch(other: RigNode): void {
    this.feed({ kind: "watch", peer: other.peer });
  }

  #act(out: Out): void {
    if (out.kind === "send") {
      this.sentPackets++;
      this.sentBytes += out.bytes.length;
      this.rig.fly(this, out.to, out.bytes);
    } else {
      this.rig.told.push({
        atMs: this.rig.nowMs,
        by: this.name,
        of: out.peer.name,
        what: out.kind === "up" ? "up" : out.why,
      });
    }
  }
}

/** Some nodes and the packets between them. */
export class Rig {
  nowMs = 0;
  readonly rng;
  readonly told: Told[] = [];
  readonly nodes: RigNode[] = [];
  /** Ordered pairs that lose everything, as `a>b`. */
  readonly cut = new Set<string>();
  /** Sees everything that is sent. */
  tap: ((bytes: Uint8Array, from: RigNode) => void) | undefined;
  readonly #byAddr = new Map<string, RigNode>();
  /** Sorted, the next one last: only a few packets are in the air at a time. */
  readonly #air: Flight[] = [];

  constructor(seed: number, public weather: Weather, readonly make: MakeBrain) {
    this.rng = seededRng(seed);
  }

  add(name: string, raw: object = {}): RigNode {
    const addr = { host: name, port: 6001 };
    const node = new RigNode(this, name as NodeName, addr, raw);
    this.nodes.push(node);
    this.#byAddr.set(addrKey(addr), node);
    return node;
  }

  fly(from: RigNode, toAddr: Addr, bytes: Uint8Array): void {
    this.tap?.(bytes, from);
    const to = this.#byAddr.get(addrKey(toAddr));
    const { latencyMs, jitterMs, loss } = this.weather;
    const delayMs = latencyMs + jitterMs * this.rng.next();
    const lost = this.rng.next() < loss;
    if (to === undefined || lost || this.cut.has(`${from.name}>${to.name}`)) return;
    const flight = { atMs: this.nowMs + delayMs, from: from.addr, to, bytes };
    const air = this.#air;
    let at = air.length;
    while (at > 0 && (air[at - 1]?.atMs ?? Infinity) <= flight.atMs) at--;
    air.splice(at, 0, flight);
  }

  /** Puts bytes of anybody's making into a node. */
  inject(from: Addr, to: RigNode, bytes: Uint8Array): void {
    to.feed({ kind: "packet", from, bytes });
  }

  run(untilMs: number): void {
    for (;;) {
      const flight = this.#air.at(-1);
      let next: RigNode | undefined;
      let atMs = flight?.atMs ?? Infinity;
      for (const node of this.nodes) {
        const dueMs = node.silent ? undefined : node.brain.dueMs;
        if (dueMs !== undefined && dueMs < atMs) [atMs, next] = [dueMs, node];
      }
      if (atMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, atMs);
      if (next !== undefined) next.feed({ kind: "tick" });
      else if (flight !== undefined) {
        this.#air.pop();
        if (!flight.to.silent) {
          flight.to.feed({ kind: "packet", from: flight.from, bytes: flight.bytes });
        }
      }
    }
    this.nowMs = untilMs;
  }
}
