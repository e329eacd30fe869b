/**
 * Every built-in plugin passes the life suite and the suite of its slot. A plugin that is in the
 * registry cannot be left out: a slot without a suite fails here.
 */
import assert from "node:assert/strict";
import type { Loadable } from "../core/plugin.ts";
import type { Slot, StoredFiles, StoredReader } from "../core/slots.ts";
import { builtins, defaults } from "../plugins/registry.ts";
import { catalogSuite } from "./conformance/catalog.ts";
import { controlSuite } from "./conformance/control.ts";
import { chunksOf, sinkSuite, type SourceFixture, sourceSuite } from "./conformance/ends.ts";
import type { Mounted } from "./conformance/fixture.ts";
import { keepaliveSuite } from "./conformance/keepalive.ts";
import { lifeSuite } from "./conformance/life.ts";
import { datapathSuite, exchangeSuite } from "./conformance/media.ts";
import { discoverySuite, pathSuite, recoverySuite } from "./conformance/pure.ts";
import {
  chaosSuite,
  chokerSuite,
  hookSuite,
  membershipSuite,
  observerSuite,
  piecePickerSuite,
  popSuite,
  roleSuite,
} from "./conformance/small.ts";
import { treeSuite } from "./conformance/tree.ts";

/** The suite of each slot. */
const SUITES: Readonly<Partial<Record<Slot, (fixture: SourceFixture) => void>>> = {
  role: roleSuite,
  observer: observerSuite,
  control: controlSuite,
  keepalive: keepaliveSuite,
  membership: membershipSuite,
  discovery: (fixture) =>
    // A map from the config connects whom it says.
    discoverySuite({ ...fixture, connects: fixture.plugin.name !== "discovery-static" }),
  tree: treeSuite,
  catalog: catalogSuite,
  exchange: exchangeSuite,
  path: pathSuite,
  recovery: recoverySuite,
  datapath: datapathSuite,
  pop: popSuite,
  chaos: chaosSuite,
  piecePicker: piecePickerSuite,
  choker: chokerSuite,
  source: sourceSuite,
  sink: sinkSuite,
  hook: hookSuite,
};

const CLIP = Deno.readFileSync(new URL("../config/clips/garden.mpegts", import.meta.url));
const TS_IN_DATAGRAM = 7 * 188;

/** An encoder that sends the clip to a UDP address, 1.2 Mbit/s. */
async function encoder(mounted: Mounted, ms: number): Promise<void> {
  const { world } = mounted;
  const from = { host: "10.2.0.1", port: 40_000 };
  for (let sent = 0; sent * 9 < ms; sent++) {
    const at = (sent * TS_IN_DATAGRAM) % (CLIP.length - TS_IN_DATAGRAM);
    const to = { host: mounted.host, port: 9000 };
    world.inject(from, to, CLIP.slice(at, at + TS_IN_DATAGRAM), "source");
    await world.runFor(9);
  }
}

/** A program that writes the clip to its standard output, in real time. */
function ffmpeg(mounted: Mounted): void {
  mounted.world.programs(mounted.host).install("ffmpeg", (process) => {
    let at = 0;
    const write = (): void => {
      if (!process.running) return;
      process.output(CLIP.slice(at, at + 10 * 188));
      at = (at + 10 * 188) % (CLIP.length - 10 * 188);
      mounted.world.later(mounted.world.nowMs + 12, write);
    };
    write();
  });
}

/** An RTP packet of payload type 33 with these TS packets. */
function rtp(sequence: number, ts: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + ts.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x8021);
  view.setUint16(2, sequence & 0xffff);
  view.setUint32(4, (sequence * 900) >>> 0);
  view.setUint32(8, 0x1234_5678);
  bytes.set(ts, 12);
  return bytes;
}

/** A RIST sender. */
async function ristSender(mounted: Mounted, ms: number): Promise<void> {
  const { world } = mounted;
  const from = { host: "10.2.0.1", port: 40_000 };
  const to = { host: mounted.host, port: 1968 };
  for (let i = 0; i * 10 < ms; i++) {
    const number = Math.round(world.nowMs / 10);
    const [chunk] = chunksOf(1, number);
    if (chunk !== undefined) world.inject(from, to, rtp(number, chunk.payload), "source");
    await world.runFor(10);
  }
}

/** A peer that holds one file whole. */
function storedClip(bytes: Uint8Array): StoredFiles {
  const reader = (): StoredReader => ({
    read: (offset, into) => {
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      return Promise.resolve(part.length);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
  const file = { id: "0".repeat(64), name: "garden.mpegts", sizeBytes: bytes.length, reader };
  return { open: () => Promise.resolve(file) };
}

/** What a plugin needs to show itself, where `{}` is not enough. */
const FIXTURES: Readonly<Record<string, Omit<SourceFixture, "plugin">>> = {
  "cbr-source": {
    config: { folder: "/clips" },
    prepare: (mounted) => mounted.world.disk(mounted.host).put("/clips/garden.mpegts", CLIP),
  },
  "swarm-source": {
    config: { files: [{ file: "garden.mpegts", name: "garden" }] },
    attend: (source) => source.attach?.(storedClip(CLIP)),
  },
  "udp-source": { config: { listen: "0.0.0.0:9000" }, feed: encoder },
  "rist-source": { config: { listen: "0.0.0.0:1968" }, feed: ristSender },
  "test-source": { prepare: ffmpeg },
  webhook: { config: { url: "https://hooks.example/in" } },
  "ffplay-sink": {
    prepare: (mounted) =>
      mounted.world.programs(mounted.host).install(
        "ffplay",
        (process) => process.onInput(() => {}),
      ),
  },
};

function conform(plugin: Loadable): void {
  const fixture: SourceFixture = { plugin, ...FIXTURES[plugin.name] };
  lifeSuite(fixture);
  SUITES[plugin.slot]?.(fixture);
}

for (const plugin of builtins) conform(plugin);

Deno.test("every slot that a built-in fills has a suite", () => {
  const without = builtins.filter(({ slot }) => SUITES[slot] === undefined);
  assert.deepEqual(without.map(({ name, slot }) => `${name} (${slot})`), []);
});

Deno.test("every default is a built-in of its slot", () => {
  const wrong = Object.entries(defaults)
    .filter(([slot, name]) => builtins.find((plugin) => plugin.name === name)?.slot !== slot);
  assert.deepEqual(wrong, []);
});

Deno.test("every fixture belongs to a built-in", () => {
  const known = new Set(builtins.map(({ name }) => name));
  assert.deepEqual(Object.keys(FIXTURES).filter((name) => !known.has(name)), []);
});
