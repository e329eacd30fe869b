import assert from "node:assert/strict";
import { continuityOf, hasPayload, pidOf, startsUnit, TS_BYTES } from "../../core/media/ts.ts";
import { playlistFaults, readPlaylist, successionFaults } from "../../tests/tools/hls_rules.ts";
import { builtin } from "../../tests/network/network.ts";
import { httpGet, type SimReply } from "../../tests/sim/http.ts";
import { type NodePlugin, type SimNode, startNode, stopNodes } from "../../tests/sim/node.ts";
import { seeds } from "../../tests/sim/seeds.ts";
import { World } from "../../tests/sim/world.ts";
import { builtins, defaults } from "../registry.ts";

const CLIP = Deno.readFileSync(new URL("../../config/clips/garden.mpegts", import.meta.url));
const PORT = 8088;
const TS = "/live/o/garden.ts";
const HLS = "/live/o/garden/index.m3u8";

/** Origin, two relays side by side, and a POP or a viewer that serves HTTP. */
class Rig {
  readonly world: World;
  readonly nodes: SimNode[] = [];

  constructor(seed: number, readonly options: Record<string, unknown> = {}) {
    this.world = new World({ seed, link: { delayMs: 5, jitterMs: 1, fifo: false } });
    this.world.disk("o").put("/clips/garden.mpegts", CLIP);
  }

  async start(name: string, plugins: readonly NodePlugin[]): Promise<void> {
    this.nodes.push(
      await startNode(this.world, {
        name,
        plugins,
        available: builtins,
        defaults,
        bootstrap: { host: "b", port: 5000 },
      }),
    );
  }

  async network(viewer = false): Promise<void> {
    const neighbors = { o: ["r1", "r2"], p: ["r1", "r2"], v: ["p"] };
    await this.start("b", [
      { plugin: builtin("bootstrap"), with: { listen: "b:5000", anyAddress: true } },
      { plugin: builtin("discovery-static"), with: { neighbors } },
    ]);
    const folder = { plugin: builtin("cbr-source"), with: { folder: "/clips" } };
    await this.start("o", [builtin("origin"), folder]);
    for (const name of ["r1", "r2"]) await this.start(name, [builtin("relay")]);
    const { options } = this;
    const sink = {
      plugin: builtin("http-sink"),
      with: { listen: `0.0.0.0:${PORT}`, linger: "5s", ...options },
    };
    const relay = { plugin: builtin("relay"), with: { pop: true } };
    await this.start("p", viewer ? [relay] : [relay, sink]);
    if (viewer) await this.start("v", [builtin("viewer"), sink]);
    await this.world.runFor(8000);
  }

  get(path: string, host = "p", method = "GET", headers = {}): Promise<SimReply> {
    return this.world.until(httpGet(this.world.host(host), PORT, path, headers, method), 30_000);
  }

  /** Streams that a node takes part in. */
  subscriptions(name: string): readonly string[] {
    const node = this.nodes.find((one) => one.name === name);
    return node?.kernel.peek("exchange")?.subscriptions().map(({ session }) => session) ?? [];
  }
}

/** Fails unless packets are whole, begin with the tables and a picture, and none is missing from its PID. */
function assertWhole(bytes: Uint8Array): void {
  assert.ok(bytes.length > 0 && bytes.length % TS_BYTES === 0);
  assert.equal(pidOf(bytes, 0), 0);
  assert.ok(startsUnit(bytes, 2 * TS_BYTES), "a picture right behind the tables");
  const counters = new Map<number, number>();
  for (let at = 0; at < bytes.length; at += TS_BYTES) {
    assert.equal(bytes[at], 0x47);
    const [pid, counter] = [pidOf(bytes, at), continuityOf(bytes, at)];
    const before = counters.get(pid);
    if (hasPayload(bytes, at) && before !== undefined) assert.equal(counter, (before + 1) & 15);
    counters.set(pid, counter);
  }
  assert.ok(counters.size >= 4);
}

Deno.test("the first viewer makes the POP join, the last to go makes it leave", async () => {
  await seeds(2, async (seed) => {
    const rig = new Rig(seed);
    await rig.network();
    assert.deepEqual(rig.subscriptions("p"), []);
    const reply = await rig.get(TS);
    assert.equal(reply.response?.status, 200);
    await rig.world.runFor(3000);
    const second = await rig.get(TS);
    assert.ok(second.chunks.length > 0, "a second viewer gets pictures within the same moment");
    await rig.world.runFor(3000);
    assertWhole(reply.bytes());
    assertWhole(second.bytes());
    assert.equal(rig.subscriptions("p").length, 1);
    reply.leave();
    second.leave();
    await rig.world.runFor(4000);
    assert.equal(rig.subscriptions("p").length, 1, "it lingers");
    await rig.world.runFor(3000);
    assert.deepEqual(rig.subscriptions("p"), []);
    await stopNodes(rig.world, rig.nodes);
  });
});

Deno.test("playlists keep every rule while the relay above dies", async () => {
  await seeds(2, async (seed) => {
    for (const lowLatency of [false, true]) {
      const rig = new Rig(seed, { lowLatency });
      await rig.network();
      let last = "";
      for (let second = 0; second < 40; second++) {
        if (second === 15) rig.world.crash(String(await parentOf(rig)));
        const reply = await rig.get(HLS);
        assert.equal(reply.response?.status, 200);
        const text = new TextDecoder().decode(reply.bytes());
        assert.deepEqual(playlistFaults(text), []);
        if (last !== "") assert.deepEqual(successionFaults(last, text), []);
        last = text;
        await rig.world.runFor(1000);
      }
      const { segments } = readPlaylist(last);
      assert.ok(segments.length >= 7);
      assert.equal(new Set(segments.map((one) => one.discontinuities)).size, 1, "nothing was lost");
      const oldest = await rig.get(`/live/o/garden/${segments[0]?.uri}`);
      assertWhole(oldest.bytes());
      await stopNodes(rig.world, rig.nodes);
    }
  });
});

async function parentOf(rig: Rig): Promise<unknown> {
  const reply = await rig.get("/live/o/garden/status.json");
  const status: unknown = JSON.parse(new TextDecoder().decode(reply.bytes()));
  return typeof status === "object" && status !== null && "parents" in status &&
      Array.isArray(status.parents)
    ? status.parents[0]
    : undefined;
}

Deno.test("blocking reload answers when the part is there, a hinted part is waited for", async () => {
  await seeds(1, async (seed) => {
    const rig = new Rig(seed, { lowLatency: true });
    await rig.network();
    await rig.get(HLS);
    await rig.world.runFor(5000);
    const text = async (query = "") =>
      readPlaylist(new TextDecoder().decode((await rig.get(HLS + query)).bytes()));
    const before = await text();
    const [next, part] = /(\d+)\.(\d+)\.ts/.exec(before.hint ?? "")?.slice(1).map(Number) ?? [];
    const fromMs = rig.world.nowMs;
    const hinted = httpGet(rig.world.host("p"), PORT, `/live/o/garden/${before.hint}`);
    const after = await text(`?_HLS_msn=${next}&_HLS_part=${part}`);
    assert.ok(rig.world.nowMs - fromMs > 20, "it waited");
    assert.ok(rig.world.nowMs - fromMs < 900, "and no longer than needed");
    assert.notEqual(after.hint, before.hint);
    assert.equal((await hinted).response?.status, 200);
    for (const query of ["?_HLS_msn=1e9", "?_HLS_part=1", `?_HLS_msn=${(next ?? 0) + 2}`]) {
      assert.equal((await rig.get(HLS + query)).response?.status, 400, query);
    }
    await stopNodes(rig.world, rig.nodes);
  });
});

Deno.test("a reader that stops reading skips to a key frame, is closed at last, and harms nobody", async () => {
  await seeds(2, async (seed) => {
    const rig = new Rig(seed, { queue: "128KiB", stall: "10s" });
    await rig.network();
    const good = await rig.get(TS);
    const slow = await rig.get(TS);
    const dead = await rig.get(TS);
    await rig.world.runFor(2000);
    slow.taking = dead.taking = false;
    await rig.world.runFor(6000);
    for (const one of [slow, dead]) {
      assert.ok(one.queuedBytes > 64 * 1024 && one.queuedBytes <= 160 * 1024, `${one.queuedBytes}`);
    }
    const missed = slow.chunks.length;
    slow.take();
    await rig.world.runFor(6000);
    const resumed = slow.chunks[missed];
    assert.ok(resumed !== undefined && pidOf(resumed, 0) === 0, "it goes on at a key frame");
    assert.equal(dead.state, "aborted");
    assertWhole(good.bytes());
    assert.equal(good.state, "open");
    await stopNodes(rig.world, rig.nodes);
    assert.equal(good.state, "ended");
  });
});

Deno.test("a viewer serves as a POP does", async () => {
  await seeds(1, async (seed) => {
    const rig = new Rig(seed);
    await rig.network(true);
    const reply = await rig.get(TS, "v");
    assert.equal(reply.response?.status, 200);
    await rig.world.runFor(4000);
    assertWhole(reply.bytes());
    assert.deepEqual(rig.subscriptions("v"), ["http-sink-o-garden"]);
    reply.leave();
    await rig.world.runFor(8000);
    assert.deepEqual(rig.subscriptions("v"), []);
    await stopNodes(rig.world, rig.nodes);
  });
});

Deno.test("who cannot be served is told so, by number and reason", async () => {
  await seeds(1, async (seed) => {
    const rig = new Rig(seed, { maxClients: 1, cors: ["https://tv.example"], wait: "5s" });
    await rig.network();
    const status = async (path: string, method = "GET") =>
      (await rig.get(path, "p", method)).response?.status;
    assert.equal(await status("/live/o/nothing.ts"), 404);
    assert.equal(await status("/live/o/garden/1.ts"), 404);
    for (
      const path of ["/live/o/..%2f..ts", "/live/%3Cx%3E/y.ts", "/x", "/live/o", "/watch/a/b/c/d"]
    ) {
      assert.equal(await status(path), 404, path);
    }
    assert.equal(await status(TS, "POST"), 405);
    assert.equal(await status(TS, "HEAD"), 200);
    for (
      const path of [
        "/",
        "/watch/o/garden",
        "/assets/watch.js",
        "/assets/hls.js",
        "/assets/page.css",
      ]
    ) {
      assert.equal(await status(path), 200, path);
    }
    const viewer = await rig.get(TS);
    assert.equal(viewer.response?.status, 200);
    const refused = await rig.get(TS);
    assert.deepEqual(
      [refused.response?.status, refused.response?.headers?.["retry-after"]],
      [503, "2"],
    );
    const origin = (value: string) => rig.get("/", "p", "GET", { origin: value });
    const allow = "access-control-allow-origin";
    const allowed = await origin("https://tv.example");
    assert.equal(allowed.response?.headers?.[allow], "https://tv.example");
    assert.equal((await origin("https://else.example")).response?.headers?.[allow], undefined);
    await stopNodes(rig.world, rig.nodes);
  });
});
