/** Scenes that several tests share: a chain, a diamond, and checks of what a receiver got. */
import assert from "node:assert/strict";
import { ssrcOf } from "../../ids.ts";
import type { LinkId, RecoverySpec, StreamCounters, StreamLimits } from "../api.ts";
import { NACK, numberIn, Rig, type RigNode, type Weather } from "./rig.ts";

/** The stream of every scene. */
export const SSRC = ssrcOf(0xabcd1234);
/** Its first number: soon past a turn of the 16 bits. */
export const FIRST = 65_000;
export const LIMITS: StreamLimits = { ringPackets: 4096, ringMs: 3000, repairMs: 400 };

/** One hop of a scene. */
export interface Hop {
  readonly weather: Weather;
  readonly down: LinkId;
  readonly up: LinkId;
}

/** Joins two nodes as parent and child. */
export function hop(rig: Rig, parent: RigNode, child: RigNode, weather: Weather): Hop {
  const [down, up] = rig.connect(parent, child, weather);
  rig.join(SSRC, parent, down, child, up);
  return { weather, down, up };
}

/** The node publishes from `FIRST` on. */
export function originate(node: RigNode): void {
  node.act((engine, now) => engine.command({ kind: "originate", ssrc: SSRC, first: FIRST }, now));
}

/** A chain with weather of its own on every link. */
export function chain(
  seed: number,
  hops: number,
  weather: Weather,
  recovery: RecoverySpec = NACK,
  limits: StreamLimits = LIMITS,
) {
  const rig = new Rig(seed);
  const nodes: RigNode[] = [];
  for (let index = 0; index <= hops; index++) nodes.push(rig.node(`n${index}`, recovery));
  rig.open(SSRC, limits);
  const links: Hop[] = [];
  for (let index = 0; index < hops; index++) {
    links.push(hop(rig, at(nodes, index), at(nodes, index + 1), { ...weather }));
  }
  originate(at(nodes, 0));
  return { rig, nodes, links, origin: at(nodes, 0), last: at(nodes, hops) };
}

/** The element, which the test knows to be there. */
export function at<T>(list: readonly T[], index: number): T {
  const one = list[index];
  assert.ok(one !== undefined, `element ${index}`);
  return one;
}

/** What a receiver got: in order, once, equal, losses told; returns the payload numbers. */
export function received(node: RigNode, receiver: number): number[] {
  let previous = -1;
  for (const chunk of node.chunks.get(receiver) ?? []) {
    assert.ok(chunk.sequence > previous, `${chunk.sequence} after ${previous}`);
    if (previous >= 0) assert.equal(chunk.lostBefore, chunk.sequence - previous - 1);
    previous = chunk.sequence;
    assert.equal(numberIn(chunk.payload), chunk.sequence - FIRST);
    assert.equal(chunk.payload.length, 1316);
  }
  return (node.chunks.get(receiver) ?? []).map((chunk) => numberIn(chunk.payload));
}

/** Numbers from `from` to `to`, without `to`. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** The stream's counters at a node. */
export function counted(node: RigNode): StreamCounters {
  const streams = node.engine.streams(() => ({ host: "10.0.0.1", port: 1 }));
  const stream = streams.find((one) => one.ssrc === SSRC);
  assert.ok(stream, "the stream is open");
  return stream;
}
