/** Random meshes under random faults: what must never happen does not, and all heals when the faults end. */
import assert from "node:assert/strict";
import type { Ssrc, StreamName } from "../../core/ids.ts";
import { seeds } from "../../tests/sim/seeds.ts";
import { Rig, type Watch } from "./rig.ts";

const STREAM = "o/s" as StreamName;
const RELAYS = ["r1", "r2", "r3", "r4", "r5"];
const VIEWERS = ["v1", "v2"];
const FAULTS_MS = 15_000;
/** Detection, one announcement and the spread of it. */
const HEAL_MS = 12_000;

/** A ring of all relays with random chords; the origin at two of them, each viewer at two. */
async function mesh(rig: Rig): Promise<void> {
  const edges = new Map<string, Set<string>>();
  const join = (a: string, b: string) => {
    if (a === b) return;
    edges.set(a, (edges.get(a) ?? new Set()).add(b));
    edges.set(b, (edges.get(b) ?? new Set()).add(a));
  };
  const pick = () => RELAYS[Math.floor(rig.world.rng.next() * RELAYS.length)] ?? "r1";
  RELAYS.forEach((relay, i) => join(relay, RELAYS[(i + 1) % RELAYS.length] ?? "r1"));
  for (let chord = 0; chord < 3; chord++) join(pick(), pick());
  join("o", "r1");
  join("o", "r3");
  for (const viewer of VIEWERS) {
    join(viewer, pick());
    join(viewer, pick());
    join(viewer, "r5");
  }
  for (const name of ["o", ...RELAYS, ...VIEWERS]) {
    const kind = name === "o" ? "origin" : name.startsWith("v") ? "leaf" : "relay";
    await rig.start(name, { kind, neighbors: [...edges.get(name) ?? []] });
  }
}

/** One fault, taken back after a while. */
async function fault(rig: Rig): Promise<void> {
  const { rng } = rig.world;
  const name = RELAYS[Math.floor(rng.next() * RELAYS.length)] ?? "r1";
  const lastsMs = 300 + 2700 * rng.next();
  const kind = Math.floor(rng.next() * 4);
  if (kind === 0) {
    const { spec } = rig.node(name);
    rig.world.crash(name);
    await rig.world.runFor(lastsMs);
    await rig.start(name, spec);
  } else if (kind === 1) {
    rig.world.freeze(name);
    await rig.world.runFor(lastsMs);
    rig.world.thaw(name);
  } else if (kind === 2) {
    const cut = rig.world.isolate(name);
    await rig.world.runFor(lastsMs);
    cut[Symbol.dispose]();
  } else {
    rig.world.setDefaultLink({ lossShare: 0.3 * rng.next(), jitterMs: 5 * rng.next() });
    await rig.world.runFor(lastsMs);
    rig.world.setDefaultLink({ lossShare: 0.01, jitterMs: 0 });
  }
}

/** Who takes the stream from whom; no chain of parents may come back to its beginning. */
function assertNoLoop(rig: Rig): void {
  for (const start of rig.nodes.keys()) {
    let at: string | undefined = start;
    for (let hops = 0; at !== undefined && at !== "o"; hops++) {
      assert.ok(hops <= rig.nodes.size, `a loop through ${start}; ${rig.seedNote}`);
      at = rig.parents(at)[0];
    }
  }
}

function assertSafe(rig: Rig, watches: readonly Watch[]): void {
  for (const watch of watches) {
    assert.equal(watch.broken, undefined, `${watch.node.name}; ${rig.seedNote}`);
  }
}

Deno.test("random faults in a mesh: never out of order, never twice, and all heals", async () => {
  await seeds(8, async (seed) => {
    const rig = new Rig(seed, { delayMs: 5, lossShare: 0.01 });
    await mesh(rig);
    const origin = rig.node("o");
    const ssrc = 4096 as Ssrc;
    origin.publish({ name: STREAM, ssrc, bitrate: 2_100_000, title: "numbers" });
    const watches = VIEWERS.map((name) => rig.node(name).watch(STREAM));
    origin.push();
    await rig.world.when(
      "both flow",
      () => watches.every((watch) => watch.chunks.length > 700),
      20_000,
    );
    const untilMs = rig.world.nowMs + FAULTS_MS;
    while (rig.world.nowMs < untilMs) {
      await fault(rig);
      assertSafe(rig, watches);
      await rig.world.runFor(1000 * rig.world.rng.next());
    }
    await rig.world.runFor(HEAL_MS);
    const lost = watches.map((watch) => watch.lost);
    await rig.world.runFor(3000);
    origin.hush();
    await rig.world.runFor(1500);
    assertSafe(rig, watches);
    assertNoLoop(rig);
    watches.forEach((watch, i) => {
      const note = `${watch.node.name}: ${JSON.stringify(watch.subscription.status())}`;
      assert.equal(watch.last, origin.pushed - 1, `${note}; ${rig.seedNote}`);
      assert.equal(watch.lost, lost[i], `lost while nothing was wrong: ${note}; ${rig.seedNote}`);
    });
    await rig.stop();
  });
});
