/** For tests: whole nodes in the seeded world, a numbered source, and sinks that check every packet. */
import assert from "node:assert/strict";
import { z } from "zod";
import { definePlugin } from "../../core/define.ts";
import { nodeName, type Ssrc, type StreamName } from "../../core/ids.ts";
import { Kernel } from "../../core/kernel.ts";
import type { LinkSettings } from "../../core/link_model.ts";
import { Listeners } from "../../core/listeners.ts";
import type { Loadable } from "../../core/plugin.ts";
import type { Slot } from "../../core/slots.ts";
import type {
  Candidates,
  Exchange,
  Publication,
  Slots,
  StreamInfo,
  Subscription,
} from "../../core/slots.ts";
import { World } from "../../tests/sim/world.ts";
import catalogGossip from "../catalog-gossip/mod.ts";
import controlUdp from "../control-udp/mod.ts";
import datapathDeno from "../datapath-deno/mod.ts";
import keepalive from "../keepalive/mod.ts";
import membership from "../membership-bootstrap/mod.ts";
import pathDual from "../path-dual/mod.ts";
import pathSingle from "../path-single/mod.ts";
import recoveryNack from "../recovery-nack/mod.ts";
import tree from "../tree-buildtree/mod.ts";
import exchange from "./mod.ts";

const TS_BYTES = 188;
const TS_PER_PACKET = 7;
/** One RTP packet every so often: 2.1 Mbit/s. */
const PUSH_MS = 5;

/** A role that does nothing by itself: tests drive the slots. */
const bare = definePlugin({
  name: "bare",
  slot: "role",
  summary: "For tests.",
  needs: ["control", "membership", "catalog", "tree", "exchange", "datapath"],
  config: z.strictObject({}),
  create: () => ({ start() {}, stop() {}, status: () => ({}) }),
});

const PLUGINS: readonly Loadable[] = [
  bare,
  catalogGossip,
  controlUdp,
  datapathDeno,
  exchange,
  keepalive,
  membership,
  pathDual,
  pathSingle,
  recoveryNack,
  tree,
];

const DEFAULTS: Partial<Record<Slot, string>> = {
  control: "control-udp",
  keepalive: "keepalive",
  membership: "membership-bootstrap",
  tree: "tree-buildtree",
  catalog: "catalog-gossip",
  exchange: "exchange",
  path: "path-single",
  recovery: "recovery-nack",
  datapath: "datapath-deno",
};

/** What a node is in the rig. */
export interface NodeSpec {
  readonly kind: "origin" | "relay" | "leaf";
  readonly neighbors: readonly string[];
  readonly path?: "path-single" | "path-dual";
  readonly maxChildren?: number;
}

/** One stream that a node watches, packet by packet. */
export class Watch {
  readonly chunks: number[] = [];
  readonly arrivalsMs: number[] = [];
  lost = 0;
  ended = false;
  over = false;
  /** Every packet's number must be one more than the last one's. */
  broken: string | undefined;
  readonly ssrcs: Ssrc[] = [];
  #receiver: Disposable | undefined;

  constructor(readonly rig: Rig, readonly node: RigNode, readonly subscription: Subscription) {
    subscription.onStream((info) => this.#onStream(info));
    subscription.onEnd(() => this.over = true);
  }

  get last(): number | undefined {
    return this.chunks.at(-1);
  }

  /** The longest time without a packet since a moment of the world. */
  longestGapMs(sinceMs: number): number {
    let longest = 0;
    let before = sinceMs;
    for (const at of this.arrivalsMs) {
      if (at < sinceMs) continue;
      longest = Math.max(longest, at - before);
      before = at;
    }
    return Math.max(longest, this.rig.world.nowMs - before);
  }

  stop(): void {
    this.subscription[Symbol.dispose]();
    this.#receiver?.[Symbol.dispose]();
  }

  /** Nothing was lost, doubled, reordered or changed. */
  assertWhole(): void {
    assert.equal(this.broken, undefined, this.rig.seedNote);
    assert.equal(this.lost, 0, `${this.lost} packets lost; ${this.rig.seedNote}`);
    assert.ok(this.chunks.length > 0, `nothing arrived; ${this.rig.seedNote}`);
  }

  #onStream(info: StreamInfo): void {
    this.ssrcs.push(info.ssrc);
    this.#receiver?.[Symbol.dispose]();
    const spec = { ssrc: info.ssrc, budgetMs: 500, pace: "asap" } as const;
    this.#receiver = this.node.slot("datapath").receive(spec, (event) => {
      if (event.kind === "end") {
        this.ended = true;
        return;
      }
      for (const { payload, lostBefore } of event.chunks) this.#onChunk(payload, lostBefore);
    });
  }

  #onChunk(payload: Uint8Array, lostBefore: number): void {
    this.lost += lostBefore;
    this.arrivalsMs.push(this.rig.world.nowMs);
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    for (let at = 0; at < payload.length; at += TS_BYTES) {
      const number = view.getUint32(at + 4);
      const before = this.last;
      const same = payload[at] === 0x47 && view.getUint32(at + 184) === (number ^ 0xffffffff) >>> 0;
      if (!same) this.broken ??= `bytes changed at ${number}`;
      if (before !== undefined && number !== before + 1 && lostBefore === 0) {
        this.broken ??= `${number} came after ${before}`;
      }
      this.chunks.push(number);
    }
  }
}

/** A node in the world. */
export class RigNode {
  kernel: Kernel;
  publication: Publication | undefined;
  #pushing: Disposable | undefined;
  pushed = 0;

  constructor(readonly rig: Rig, readonly name: string, readonly spec: NodeSpec, life: number) {
    const checked = nodeName(name);
    assert.ok(checked !== undefined);
    const ports = rig.world.ports(name);
    const neighbors = spec.neighbors.map((other) => ({ name: other, host: other }));
    this.kernel = new Kernel({
      plugins: new Map(PLUGINS.map((plugin) => [plugin.name, plugin])),
      defaults: DEFAULTS,
      config: {
        name: checked,
        listen: name,
        advertise: name,
        ports: { control: 6000, keepalive: 6001, media: 7000 },
        bootstrap: undefined,
        admin: undefined,
        log: { level: "info", format: "json" },
        plugins: [
          { use: "bare", id: undefined, with: {} },
          { use: "membership-bootstrap", id: undefined, with: { neighbors } },
          { use: spec.path ?? "path-single", id: undefined, with: {} },
        ],
      },
      instance: 1000 + life,
      ports: () => ports,
    });
  }

  /** A slot's filling. */
  slot<K extends "exchange" | "datapath" | "tree" | "catalog" | "keepalive" | "membership">(
    slot: K,
  ): Slots[K] {
    const filling = this.kernel.peek(slot);
    assert.ok(filling !== undefined, `nothing fills ${slot} on ${this.name}`);
    return filling;
  }

  get exchange(): Exchange {
    return this.slot("exchange");
  }

  async start(): Promise<void> {
    await this.rig.world.until(this.kernel.start());
    if (this.spec.kind === "leaf") return;
    const { maxChildren = 100 } = this.spec;
    this.exchange.serve({ transit: this.spec.kind === "relay", maxChildren, maxBitrate: 1e9 });
    if (this.spec.kind === "relay") this.slot("tree").transit(true);
  }

  /** Offers a stream and announces it. */
  publish(info: StreamInfo): Publication {
    this.publication = this.exchange.publish(info);
    this.slot("catalog").offerStreams([info]);
    this.slot("tree").announce(this.slot("catalog").digest());
    return this.publication;
  }

  /** Pushes numbered packets from now on. */
  push(): void {
    const { clock } = this.rig.world.processOf(this.ports).ports;
    let due = clock.now();
    const one = () => {
      this.publication?.push(numberedTs(this.pushed), due);
      this.pushed += TS_PER_PACKET;
      due += PUSH_MS;
      this.#pushing = clock.after(Math.max(0, due - clock.now()), one);
    };
    one();
  }

  hush(): void {
    this.#pushing?.[Symbol.dispose]();
  }

  get ports() {
    const [process] = [...this.rig.world.host(this.name).processes];
    assert.ok(process !== undefined);
    return process.ports;
  }

  watch(stream: StreamName, session = "test"): Watch {
    return new Watch(this.rig, this, this.exchange.subscribe({ stream, session }));
  }

  /** A session with a socket of its own, as viewers have them. */
  async watchAlone(stream: StreamName, session: string, candidates: Candidates): Promise<Watch> {
    const socket = await this.rig.world.until(this.slot("datapath").openSocket());
    const want = { stream, session, candidates, socket };
    return new Watch(this.rig, this, this.exchange.subscribe(want));
  }

  async stop(): Promise<void> {
    this.hush();
    await this.rig.world.until(this.kernel.stop());
  }
}

/** Whole TS packets that carry their own numbers. */
function numberedTs(first: number): Uint8Array {
  const bytes = new Uint8Array(TS_BYTES * TS_PER_PACKET);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < TS_PER_PACKET; i++) {
    const at = i * TS_BYTES;
    view.setUint32(at, 0x47010010 | (first + i) % 16);
    view.setUint32(at + 4, first + i);
    view.setUint32(at + 184, ((first + i) ^ 0xffffffff) >>> 0);
  }
  return bytes;
}

/** The world with its nodes. */
export class Rig {
  readonly world: World;
  readonly nodes = new Map<string, RigNode>();
  #lives = 0;

  constructor(readonly seed: number, link: Partial<LinkSettings> = { delayMs: 5 }) {
    this.world = new World({ seed, link });
  }

  get seedNote(): string {
    return `seed ${this.seed}`;
  }

  node(name: string): RigNode {
    const node = this.nodes.get(name);
    assert.ok(node !== undefined, `no node ${name}`);
    return node;
  }

  async start(name: string, spec: NodeSpec): Promise<RigNode> {
    const node = new RigNode(this, name, spec, this.#lives++);
    this.nodes.set(name, node);
    await node.start();
    return node;
  }

  /** origin -> (a, b) -> leaf: the smallest net with two disjoint paths. */
  async diamond(leaf: Partial<NodeSpec> = {}): Promise<void> {
    await this.start("o", { kind: "origin", neighbors: ["a", "b"] });
    await this.start("a", { kind: "relay", neighbors: ["o", "v"] });
    await this.start("b", { kind: "relay", neighbors: ["o", "v"] });
    await this.start("v", { kind: "leaf", neighbors: ["a", "b"], ...leaf });
  }

  /** o -> r1 -> r2 -> r3 -> v. */
  async line(): Promise<void> {
    await this.start("o", { kind: "origin", neighbors: ["r1"] });
    await this.start("r1", { kind: "relay", neighbors: ["o", "r2"] });
    await this.start("r2", { kind: "relay", neighbors: ["r1", "r3"] });
    await this.start("r3", { kind: "relay", neighbors: ["r2", "v"] });
    await this.start("v", { kind: "leaf", neighbors: ["r3"] });
  }

  /** Nodes as candidates, best first; `order` changes their order. */
  candidates(...names: readonly string[]): Candidates & { order(...names: string[]): void } {
    const changes = new Listeners();
    let order: readonly string[] = names;
    return {
      order(...next) {
        order = next;
        changes.emit();
      },
      list: () =>
        order.map((name, cost) => {
          const peer = this.node(name).slot("membership").self();
          return { peer, cost, path: [peer.name] };
        }),
      onChange: (fn) => changes.on(fn),
      distrust() {},
      seek() {},
    };
  }

  /** The parents of a node's first subscription. */
  parents(name: string): readonly string[] {
    return this.node(name).exchange.subscriptions()[0]?.parents ?? [];
  }

  /** Media datagrams between all hosts while `work` runs. */
  async countMedia(work: () => Promise<void>): Promise<number> {
    let count = 0;
    using _sniffer = this.world.sniff((_from, _to, bytes, _fate, plane) => {
      // RTP of the stream's payload type: what a stream costs, without feedback.
      if (plane === "media" && bytes.length > 1000) count++;
    });
    await work();
    return count;
  }

  async stop(): Promise<void> {
    for (const node of this.nodes.values()) {
      if (this.world.host(node.name).up) await node.stop();
    }
  }
}
