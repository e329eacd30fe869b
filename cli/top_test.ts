import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { draw, type NodeSnapshot } from "./top_view.ts";

const addresses = {};
const stream = (bytesIn: number) => ({
  name: "o1/clip",
  ssrc: 2,
  title: "Clip",
  counters: { bytesIn, bytesOut: 2 * bytesIn, gaps: 3, recoveredByNack: 2, unrecovered: 1 },
});

function snapshot(atMs: number, bytesIn: number): NodeSnapshot {
  return {
    base: "http://127.0.0.1:1",
    atMs,
    node: {
      name: "r1",
      instance: 1,
      roles: ["relay"],
      pop: true,
      status: "running",
      uptimeMs: 90_000,
      version: "0",
      addresses,
    },
    neighbors: [{
      name: "o1",
      instance: 1,
      roles: ["origin"],
      pop: false,
      control: "127.0.0.1:1",
      state: "up",
      rttMs: 1.25,
      rttVarMs: 0.5,
      lossIn: 0.051,
      lossOut: 0,
    }],
    tree: {
      node: "r1",
      roles: ["relay"],
      pop: true,
      origins: [],
      subscriptions: [{
        stream: "o1/clip",
        session: "",
        state: "flowing",
        parents: ["o1"],
        delivering: ["o1"],
        failovers: 0,
        handovers: 0,
      }],
      children: [],
    },
    streams: [stream(bytesIn)],
    sessions: [],
    events: [{ id: 1, timeMs: 0, kind: "joined", fields: { parent: "o1\x1b[2J" } }],
  };
}

const options = { columns: 100, color: false };

Deno.test("nodes, links, rates, trees and events are drawn", () => {
  const before = new Map([["http://127.0.0.1:1", snapshot(1000, 0)]]);
  const text = draw([snapshot(3000, 250_000)], before, options).join("\n");
  assert.match(text, /^r1 +running +relay POP +90s +1 +0 +0$/m);
  assert.match(text, /^r1 +o1 +up +1\.3 ms +0\.5 ms +5\.1 % +0 %$/m);
  assert.match(text, /^o1\/clip +r1 +1Mbit\/s +2Mbit\/s +3 +2 +1$/m);
  assert.match(text, /^ {2}o1\n {2}└─ r1 \(POP\)$/m);
  assert.match(text, /^00:00:00 r1 joined parent=o1 \[2J$/m);
});

Deno.test("a node that does not answer is part of the picture", () => {
  const gone: NodeSnapshot = {
    base: "http://127.0.0.1:9",
    atMs: 0,
    trouble: "nothing answers there",
    neighbors: [],
    streams: [],
    sessions: [],
    events: [],
  };
  const text = draw([gone], new Map(), options).join("\n");
  assert.match(text, /^http:\/\/127\.0\.0\.1:9 +nothing answers there$/m);
});

Deno.test("no line is wider than the terminal, colors or not, and nothing moves its cursor", () => {
  for (const color of [true, false]) {
    for (const columns of [20, 80]) {
      for (const line of draw([snapshot(0, 0)], new Map(), { columns, color })) {
        assert.ok(stripVTControlCharacters(line).length <= columns, line);
        // deno-lint-ignore no-control-regex
        assert.doesNotMatch(line, /\x1b\[(?![0-9;]*m)/);
      }
    }
  }
});
