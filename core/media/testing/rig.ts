/**
 * Engines joined by bad links in simulated time, for tests and benches: the same seed gives the same run.
 */
import type { Ssrc } from "../../ids.ts";
import type { LinkModel } from "../../link_model.ts";
import type { Rng } from "../../ports.ts";
import { seededRng } from "../../rng.ts";
import type { EngineEvent, LinkId, MediaChunk, ReceiverSpec, RecoverySpec } from "../api.ts";
import { MediaEngine } from "../engine.ts";

/** What a link does to datagrams, each way. */
export interface Weather {
  delayMs: number;
  jitterMs?: number;
  loss?: number;
  duplicate?: number;
  /** Drops everything. */
  cut?: boolean;
  /** Decides everything in place of the figures above: bursts, say. */
  model?: LinkModel;
}

/** The default recovery of the rig. */
export const NACK: RecoverySpec = {
  algorithm: "nack",
  options: { reorderMaxMs: 30, triesMax: 20, budgetShare: 0.5 },
};

/** UDP and IPv4 headers. */
const HEADER_BYTES = 28;

interface Happening {
  readonly atMs: number;
  readonly order: number;
  readonly fn: () => void;
}

interface Wire {
  readonly to: RigNode;
  readonly back: LinkId;
  readonly weather: Weather;
  lastMs: number;
}

/** One engine with what it told. */
export class RigNode {
  readonly engine: MediaEngine;
  readonly wires = new Map<LinkId, Wire>();
  readonly events: EngineEvent[] = [];
  readonly chunks = new Map<number, MediaChunk[]>();
  readonly ended = new Set<number>();
  sentBytes = 0;
  sentPackets = 0;
  /** Bytes of RTCP among those. */
  feedbackBytes = 0;
  frozen = false;
  held: { link: LinkId; bytes: Uint8Array }[] = [];
  tickAtMs = Infinity;

  constructor(readonly rig: Rig, readonly name: string, recovery: RecoverySpec) {
    this.engine = new MediaEngine({ recovery, reporter: 0x1000 + rig.nodes.length * 2 });
  }

  /** Calls the engine and carries out what it wants. */
  act<T>(fn: (engine: MediaEngine, nowMs: number) => T): T {
    const result = fn(this.engine, this.rig.nowMs);
    this.rig.drain(this);
    return result;
  }

  receiver(spec: ReceiverSpec): number {
    const id = this.act((engine, nowMs) => engine.addReceiver(spec, nowMs));
    if (!this.chunks.has(id)) this.chunks.set(id, []);
    return id;
  }
}

/** The rig. */
export class Rig {
  nowMs = 1000;
  readonly rng: Rng;
  readonly nodes: RigNode[] = [];
  #queue: Happening[] = [];
  #order = 0;
  #nextLink = 1;

  constructor(seed: number) {
    this.rng = seededRng(seed);
  }

  node(name: string, recovery: RecoverySpec = NACK): RigNode {
    const node = new RigNode(this, name, recovery);
    this.nodes.push(node);
    return node;
  }

  /** Joins two nodes; returns `a`'s link to `b` and `b`'s to `a`. `weather` may be changed while it runs. */
  connect(a: RigNode, b: RigNode, weather: Weather, back: Weather = weather): [LinkId, LinkId] {
    const ab = this.#nextLink++;
    const ba = this.#nextLink++;
    a.wires.set(ab, { to: b, back: ba, weather, lastMs: 0 });
    b.wires.set(ba, { to: a, back: ab, weather: back, lastMs: 0 });
    return [ab, ba];
  }

  /** Opens a stream on all nodes. */
  open(ssrc: Ssrc, limits = { ringPackets: 4096, ringMs: 3000, repairMs: 400 }): void {
    for (const node of this.nodes) {
      node.act((engine, nowMs) => engine.command({ kind: "open", ssrc, limits }, nowMs));
    }
  }

  /** Makes `child` take `ssrc` from `parent`. */
  join(
    ssrc: Ssrc,
    parent: RigNode,
    toChild: LinkId,
    child: RigNode,
    toParent: LinkId,
    from?: number,
  ): void {
    parent.act((engine, nowMs) =>
      engine.addChild(ssrc, toChild, from, nowMs, (first) => {
        this.at(this.nowMs + 1, () =>
          child.act((other, atMs) =>
            other.command({ kind: "parent", ssrc, link: toParent, first }, atMs)
          ));
      })
    );
  }

  at(atMs: number, fn: () => void): void {
    const entry = { atMs, order: this.#order++, fn };
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#queue[middle];
      if (other !== undefined && other.atMs <= atMs) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, entry);
  }

  drain(node: RigNode): void {
    const { out } = node.engine;
    for (let index = 0; index < out.sends; index++) {
      const packet = out.sendAt(index);
      if (packet === undefined) continue;
      for (const target of packet.targets) this.#carry(node, target, packet.bytes);
    }
    node.events.push(...out.events);
    for (const { receiver, event } of out.deliveries) {
      if (event.kind === "end") node.ended.add(receiver);
      else {
        const list = node.chunks.get(receiver) ?? [];
        list.push(...event.chunks);
        node.chunks.set(receiver, list);
      }
    }
    out.clear();
    this.#arm(node);
  }

  #arm(node: RigNode): void {
    const deadlineMs = node.engine.nextDeadlineMs();
    if (deadlineMs === undefined || node.frozen) return;
    const atMs = Math.max(deadlineMs, this.nowMs + 1);
    if (atMs >= node.tickAtMs) return;
    node.tickAtMs = atMs;
    this.at(atMs, () => {
      if (node.tickAtMs !== atMs) return;
      node.tickAtMs = Infinity;
      if (!node.frozen) node.act((engine, nowMs) => engine.tick(nowMs));
    });
  }

  /** Freezes (as SIGSTOP does) or thaws a node; up to 90 datagrams wait in its socket. */
  freeze(node: RigNode, frozen: boolean): void {
    node.frozen = frozen;
    if (frozen) return;
    node.tickAtMs = Infinity;
    const held = node.held.splice(0);
    node.act((engine, nowMs) => engine.receive(held, nowMs));
    this.#arm(node);
  }

  #carry(node: RigNode, target: LinkId, bytes: Uint8Array): void {
    node.sentBytes += bytes.length;
    node.sentPackets++;
    if ((bytes[1] ?? 0) >= 192 && (bytes[1] ?? 0) <= 223) node.feedbackBytes += bytes.length;
    const wire = node.wires.get(target);
    if (wire === undefined) return;
    const { weather } = wire;
    if (weather.model !== undefined) {
      const size = bytes.length + HEADER_BYTES;
      for (const delayMs of weather.model.plan(size, this.nowMs, this.rng)) {
        this.#arrive(wire, bytes, delayMs);
      }
      return;
    }
    const copies = this.rng.next() < (weather.duplicate ?? 0) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (weather.cut || this.rng.next() < (weather.loss ?? 0)) continue;
      const jitterMs = (weather.jitterMs ?? 0) * this.rng.next();
      this.#arrive(wire, bytes, weather.delayMs + jitterMs);
    }
  }

  #arrive(wire: Wire, bytes: Uint8Array, delayMs: number): void {
    this.at(this.nowMs + delayMs, () => {
      if (wire.to.frozen) {
        if (wire.to.held.length < 90) wire.to.held.push({ link: wire.back, bytes });
        return;
      }
      wire.to.act((engine, nowMs) => engine.receiveOne(wire.back, bytes, nowMs));
    });
  }

  /** Lets time pass. */
  run(untilMs: number): void {
    for (;;) {
      const next = this.#queue[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.#queue.shift();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.fn();
    }
    this.nowMs = untilMs;
  }

  /** An origin publishes numbered full packets every `everyMs` from now on for `count` packets. */
  publish(origin: RigNode, ssrc: Ssrc, count: number, everyMs: number): void {
    const startMs = this.nowMs;
    const step = (index: number): void => {
      if (index >= count) return;
      const ts = numberedTs(index);
      origin.act((engine, nowMs) => engine.publish(ssrc, ts, nowMs, nowMs));
      this.at(startMs + (index + 1) * everyMs, () => step(index + 1));
    };
    this.at(startMs, () => step(0));
  }
}

/** Seven TS packets that carry a number. */
export function numberedTs(index: number): Uint8Array {
  const ts = new Uint8Array(7 * 188);
  for (let at = 0; at < ts.length; at += 188) {
    ts[at] = 0x47;
    new DataView(ts.buffer).setUint32(at + 4, index);
  }
  return ts;
}

/** The number in such a payload. */
export function numberIn(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getUint32(4);
}
