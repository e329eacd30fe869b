/** The exchange on the real control plane in the seeded world, everything else reduced to its contract. */
import assert from "node:assert/strict";
import { type NodeName, nodeName, type Peer, type Ssrc, type StreamName } from "../../core/ids.ts";
import { Kernel } from "../../core/kernel.ts";
import type { LinkSettings } from "../../core/link_model.ts";
import type { Loadable, Plugin } from "../../core/plugin.ts";
import { definePlugin } from "../../core/define.ts";
import type { Exchange, Publication, Slot, Slots, StreamInfo } from "../../core/slots.ts";
import { seeds } from "../../tests/sim/seeds.ts";
import { World } from "../../tests/sim/world.ts";
import { z } from "zod";
import controlUdp from "../control-udp/mod.ts";
import pathDual from "../path-dual/mod.ts";
import pathSingle from "../path-single/mod.ts";
import { EngineDatapath } from "./engine_fakes.ts";
import {
  FakeCatalog,
  FakeDatapath,
  FakeKeepalive,
  fakeMembership,
  FakeTree,
  routeBy,
} from "./fakes.ts";
import exchange from "./mod.ts";

const STREAM = "o/s" as StreamName;
const info = (ssrc = 1000): StreamInfo => ({
  name: STREAM,
  ssrc: ssrc as Ssrc,
  bitrate: 1e6,
  title: "",
});

/** A plugin around an object that is there already. */
function ready<S extends Slot>(slot: S, it: Slots[S]): Loadable {
  const plugin: Plugin<S, z.ZodObject, never> = {
    name: `fake-${slot}`,
    slot,
    summary: "For tests.",
    needs: [],
    config: z.strictObject({}),
    create: () => Object.assign(it, { start() {}, stop() {} }),
  };
  return definePlugin(plugin);
}

interface TestNode {
  readonly peer: Peer;
  readonly kernel: Kernel;
  readonly datapath: FakeDatapath | EngineDatapath;
  readonly keepalive: FakeKeepalive;
  readonly tree: FakeTree;
  readonly exchange: Exchange;
}

function peerOf(name: string, instance = 1): Peer {
  const checked = nodeName(name);
  assert.ok(checked !== undefined);
  const at = (port: number) => ({ host: name, port });
  const planes = { control: at(6000), keepalive: at(6001), media: at(7000) };
  return { name: checked, instance, roles: ["relay"], pop: false, ...planes };
}

/** Nodes `o` (origin), `a`, `b` (relays) and `v` (takes), on links of 5 ms. */
class Net {
  readonly world: World;
  readonly catalog = new FakeCatalog();
  readonly nodes = new Map<string, TestNode>();
  #pushing: Disposable | undefined;
  pushed = 0;
  watch:
    | { numbers: number[]; atMs: number[]; ssrcs: number[]; ends: number; stop(): void }
    | undefined;

  constructor(
    readonly engine: boolean,
    seed = 1,
    link: Partial<LinkSettings> = {},
    readonly path = pathSingle,
  ) {
    this.world = new World({ seed, link: { delayMs: 5, ...link } });
  }

  async start(name: string, instance = 1): Promise<TestNode> {
    const peer = peerOf(name, instance);
    const ports = this.world.ports(name);
    const bind = { host: name, port: 7000 };
    const udp = await this.world.until(ports.net.udp(bind, { plane: "media" }));
    const ask = (remote: { host: string }) =>
      this.world.host(remote.host).up ? this.nodes.get(remote.host)?.datapath.secret : undefined;
    const datapath = this.engine
      ? new EngineDatapath(udp, ports.clock, ask)
      : new FakeDatapath(udp, ports.clock, ask);
    datapath.secret = instance;
    const keepalive = new FakeKeepalive();
    const tree = new FakeTree();
    const role = definePlugin({
      name: "bare",
      slot: "role",
      summary: "For tests.",
      needs: ["exchange"],
      config: z.strictObject({}),
      create: () => ({ start() {}, stop() {}, status: () => ({}) }),
    });
    const plugins = [
      role,
      controlUdp,
      exchange,
      this.path,
      ready("datapath", datapath),
      ready("keepalive", keepalive),
      ready("tree", tree),
      ready("catalog", this.catalog),
      ready("membership", fakeMembership(peer)),
    ];
    const kernel = new Kernel({
      plugins: new Map(plugins.map((one) => [one.name, one])),
      defaults: Object.fromEntries(plugins.map((one) => [one.slot, one.name])),
      config: {
        name: peer.name,
        listen: name,
        advertise: name,
        ports: { control: 6000, keepalive: 6001, media: 7000 },
        bootstrap: undefined,
        admin: undefined,
        log: { level: "info", format: "json" },
        plugins: [{ use: "bare", id: undefined, with: {} }],
      },
      instance,
      ports: () => ports,
    });
    await this.world.until(kernel.start());
    const it = kernel.peek("exchange");
    assert.ok(it !== undefined);
    const node = { peer, kernel, datapath, keepalive, tree, exchange: it };
    this.nodes.set(name, node);
    return node;
  }

  node(name: string): TestNode {
    const node = this.nodes.get(name);
    assert.ok(node !== undefined);
    return node;
  }

  async diamond(): Promise<void> {
    for (const name of ["o", "a", "b", "v"]) await this.start(name);
    const route = (by: string, via: readonly NodeName[] = []) =>
      routeBy(this.node(by).peer, STREAM, via);
    for (const relay of ["a", "b"]) {
      this.node(relay).tree.set("o" as NodeName, [route("o")]);
      this.node(relay).exchange.serve({ transit: true, maxChildren: 9, maxBitrate: 1e9 });
    }
    this.node("o").exchange.serve({ transit: false, maxChildren: 9, maxBitrate: 1e9 });
    this.node("v").tree.set("o" as NodeName, [route("a"), route("b")]);
  }

  /** o -> a, b; both -> c, d; both -> v. */
  async ladder(): Promise<void> {
    for (const name of ["o", "a", "b", "c", "d", "v"]) await this.start(name);
    this.node("o").exchange.serve({ transit: false, maxChildren: 9, maxBitrate: 1e9 });
    const via: Record<string, readonly string[]> = {
      a: ["o"],
      b: ["o"],
      c: ["a", "b"],
      d: ["b", "a"],
    };
    for (const [name, parents] of Object.entries(via)) {
      const routes = parents.map((parent) => routeBy(this.node(parent).peer, STREAM, []));
      this.node(name).tree.set("o" as NodeName, routes);
      this.node(name).exchange.serve({ transit: true, maxChildren: 9, maxBitrate: 1e9 });
    }
    const [c, d] = [this.node("c").peer, this.node("d").peer];
    this.node("v").tree.set("o" as NodeName, [
      routeBy(c, STREAM, ["a" as NodeName]),
      routeBy(d, STREAM, ["b" as NodeName]),
    ]);
  }

  /** Swaps the order of `v`'s routes. */
  prefer(...names: readonly string[]): void {
    const routes = names.map((name) => routeBy(this.node(name).peer, STREAM, []));
    this.node("v").tree.set("o" as NodeName, routes);
  }

  publish(stream = info()): Publication {
    const publication = this.node("o").exchange.publish(stream);
    this.catalog.offerStreams([stream]);
    const { clock } = this.world.host("o").processes.values().next().value?.ports ??
      assert.fail("o runs");
    const push = () => {
      const bytes = new Uint8Array(188);
      // A TS packet of one program, numbered in its payload.
      const view = new DataView(bytes.buffer);
      view.setUint32(0, 0x47010010 | this.pushed % 16);
      view.setUint32(4, this.pushed++);
      publication.push(bytes, clock.now());
      this.#pushing = clock.after(5, push);
    };
    this.#pushing?.[Symbol.dispose]();
    push();
    return publication;
  }

  hush(): void {
    this.#pushing?.[Symbol.dispose]();
    this.#pushing = undefined;
  }

  /** `v` takes the stream and notes its numbers. */
  take(): void {
    const { exchange, datapath } = this.node("v");
    const seen = {
      numbers: [] as number[],
      atMs: [] as number[],
      ssrcs: [] as number[],
      ends: 0,
      stop() {},
    };
    const subscription = exchange.subscribe({ stream: STREAM, session: "v" });
    subscription.onStream(({ ssrc }) => {
      seen.ssrcs.push(ssrc);
      datapath.receive({ ssrc, budgetMs: 500, pace: "asap" }, (event) => {
        if (event.kind === "end") return;
        seen.atMs.push(this.world.nowMs);
        for (const { payload } of event.chunks) {
          const view = new DataView(payload.buffer, payload.byteOffset);
          for (let at = 4; at < payload.length; at += 188) seen.numbers.push(view.getUint32(at));
        }
      });
    });
    subscription.onEnd(() => seen.ends++);
    seen.stop = () => subscription[Symbol.dispose]();
    this.watch = seen;
  }

  get seen(): { numbers: number[]; atMs: number[]; ssrcs: number[]; ends: number; stop(): void } {
    assert.ok(this.watch !== undefined);
    return this.watch;
  }

  async flowing(build = () => this.diamond()): Promise<void> {
    await build();
    this.take();
    await this.world.runFor(200);
    this.publish();
    await this.world.when("it flows", () => this.seen.numbers.length > 20, 2000);
  }

  status() {
    const [status] = this.node("v").exchange.subscriptions();
    assert.ok(status !== undefined);
    return status;
  }

  /** The longest time without a packet since a moment of the world. */
  longestGapMs(sinceMs: number): number {
    let [longest, before] = [0, sinceMs];
    for (const at of this.seen.atMs) {
      if (at < sinceMs) continue;
      longest = Math.max(longest, at - before);
      before = at;
    }
    return longest;
  }

  /** From the first packet that came up to the newest, none is missing. */
  async assertWhole(): Promise<void> {
    await this.world.runFor(500);
    this.hush();
    await this.world.runFor(1500);
    const { numbers } = this.seen;
    const first = numbers[0] ?? 0;
    const wrong = numbers.findIndex((number, i) => number !== first + i);
    assert.equal(wrong, -1, `${numbers[wrong]} came after ${numbers[wrong - 1]}`);
    assert.equal(numbers.at(-1), this.pushed - 1, "the newest packet is missing");
  }

  async stop(): Promise<void> {
    this.hush();
    for (const [name, node] of this.nodes) {
      if (!this.world.host(name).up) continue;
      await this.world.until(node.kernel.stop());
      node.datapath.shut();
      assert.equal(this.world.timers(name), 0, `${name} holds timers`);
    }
  }
}

/** Runs a scenario on the smallest datapath that keeps the contract, and on the real engine. */
function both(name: string, scenario: (net: Net) => Promise<void>): void {
  Deno.test(name, () => scenario(new Net(false)));
  Deno.test(`${name} (media engine)`, () => scenario(new Net(true)));
}

both(
  "a stream that is not there yet is joined as soon as it is, through a relay that fetches it",
  async (net) => {
    await net.flowing();
    assert.deepEqual(net.status().parents, ["a"]);
    assert.equal(net.status().standby, "b");
    assert.deepEqual(net.node("a").exchange.children().map((one) => one.child), ["v"]);
    assert.deepEqual(net.node("b").exchange.children(), []);
    assert.deepEqual(net.node("v").keepalive.watchedNames, ["a"]);
    await net.assertWhole();
    await net.stop();
  },
);

both(
  "the parent dies: the standby, which has not got the stream, delivers all that is missing",
  async (net) => {
    await net.flowing();
    net.world.crash("a");
    await net.assertWhole();
    assert.deepEqual(net.status().parents, ["b"]);
    assert.equal(net.status().failovers, 1);
    assert.ok((net.status().lastOutageMs ?? Infinity) < 300, `${net.status().lastOutageMs} ms`);
    await net.stop();
  },
);

both("keepalive says that the parent is down: the change is immediate", async (net) => {
  await net.flowing();
  const { peer } = net.node("a");
  net.world.crash("a");
  net.node("v").keepalive.downs.emit(peer, "silent");
  await net.assertWhole();
  assert.ok((net.status().lastOutageMs ?? Infinity) < 120, `${net.status().lastOutageMs} ms`);
  await net.stop();
});

both(
  "a better parent is taken over to without a hole, and the old one sends no more",
  async (net) => {
    await net.flowing();
    for (const order of [["b", "a"], ["a", "b"], ["b", "a"]]) {
      net.prefer(...order);
      await net.world.runFor(1000);
      assert.deepEqual(net.status().parents, order.slice(0, 1));
    }
    const { failovers, handovers } = net.status();
    assert.deepEqual({ failovers, handovers }, { failovers: 0, handovers: 3 });
    assert.deepEqual(net.node("a").exchange.children(), []);
    await net.assertWhole();
    await net.stop();
  },
);

both("the last consumer leaves: after the linger nobody sends anything", async (net) => {
  const watched: boolean[] = [];
  await net.flowing();
  const publication = net.publish(info(2000));
  publication.onWatched((one) => watched.push(one));
  await net.world.runFor(500);
  net.seen.stop();
  await net.world.runFor(5500);
  assert.deepEqual(watched.at(-1), false);
  for (const name of ["o", "a", "b"]) assert.deepEqual(net.node(name).exchange.children(), []);
  let media = 0;
  using _sniffer = net.world.sniff((_from, _to, _bytes, _fate, plane) => {
    if (plane === "media") media++;
  });
  await net.world.runFor(1000);
  assert.equal(media, 0);
  for (const name of ["a", "b", "v"]) assert.equal(net.node(name).datapath.openStreams().length, 0);
  await net.stop();
});

both("a draining relay loses nothing and is done when its children have gone", async (net) => {
  await net.flowing();
  const before = net.world.nowMs;
  await net.world.until(net.node("a").exchange.drain(5000));
  assert.ok(net.world.nowMs - before < 1000, "it waited for its time to be up");
  assert.deepEqual(net.status().parents, ["b"]);
  await net.assertWhole();
  await net.stop();
});

both(
  "a child without another parent stays with a draining one until its time is up",
  async (net) => {
    await net.flowing();
    net.prefer("a");
    const before = net.world.nowMs;
    await net.world.until(net.node("a").exchange.drain(1500));
    assert.ok(net.world.nowMs - before >= 1499);
    assert.deepEqual(net.status().parents, ["a"]);
    await net.assertWhole();
    await net.stop();
  },
);

both("a frozen parent that wakes up passes nothing on and is told to stop", async (net) => {
  await net.flowing();
  net.world.freeze("a");
  await net.world.runFor(500);
  // The tree hears of it too.
  net.prefer("b", "a");
  await net.world.runFor(2500);
  net.world.thaw("a");
  await net.world.runFor(500);
  assert.deepEqual(net.status().parents, ["b"]);
  assert.deepEqual(net.node("a").exchange.children(), []);
  await net.assertWhole();
  await net.stop();
});

both("the origin's new incarnation is followed by all, the old one is closed", async (net) => {
  await net.flowing();
  net.publish(info(2000));
  const from = net.pushed;
  await net.world.runFor(1000);
  assert.deepEqual(net.seen.ssrcs, [1000, 2000]);
  assert.ok(net.seen.numbers.slice(-10).every((number) => number > from));
  await net.world.runFor(4000);
  for (const name of ["o", "a", "v"]) {
    assert.deepEqual(net.node(name).datapath.openStreams(), [2000], name);
  }
  await net.stop();
});

both("the end of a stream reaches everybody after its last packet", async (net) => {
  await net.flowing();
  const publication = net.publish(info(2000));
  await net.world.runFor(500);
  net.hush();
  publication.end();
  await net.world.runFor(1000);
  assert.equal(net.seen.ends, 1);
  assert.equal(net.seen.numbers.at(-1), net.pushed - 1);
  await net.world.runFor(10_000);
  assert.equal(publication.watched, false);
  for (const name of ["a", "v"]) assert.equal(net.node(name).datapath.openStreams().length, 0);
  await net.stop();
});

both("a parent with a new secret refuses the old cookie, and gets a fresh one", async (net) => {
  await net.flowing();
  net.node("b").datapath.secret = 77;
  net.prefer("b", "a");
  await net.world.runFor(1000);
  assert.deepEqual(net.status().parents, ["b"]);
  await net.assertWhole();
  await net.stop();
});

both("two consumers of a node share one upstream", async (net) => {
  await net.flowing();
  const second = net.node("v").exchange.subscribe({ stream: STREAM, session: "second" });
  await net.world.runFor(500);
  assert.equal(net.node("a").exchange.children().length, 1);
  net.seen.stop();
  await net.world.runFor(4000);
  assert.equal(net.node("a").exchange.children().length, 1);
  second[Symbol.dispose]();
  await net.world.runFor(2500);
  assert.equal(net.node("a").exchange.children().length, 0);
  await net.stop();
});

Deno.test("five percent of every link's packets lost and the parent killed at a random moment: nothing is missing", async () => {
  const outages: number[] = [];
  await seeds(20, async (seed) => {
    const net = new Net(true, seed, { lossShare: 0.05 });
    await net.flowing();
    await net.world.runFor(500 + 1000 * net.world.rng.next());
    const [parent] = net.status().parents;
    net.world.crash(parent ?? assert.fail("no parent"));
    await net.world.runFor(1500);
    const { failovers, lastOutageMs, parents } = net.status();
    assert.equal(failovers, 1);
    assert.deepEqual(parents, ["b"]);
    outages.push(lastOutageMs ?? Infinity);
    await net.assertWhole();
    await net.stop();
  });
  outages.sort((a, b) => a - b);
  const [median, worst] = [outages[outages.length >> 1] ?? Infinity, outages.at(-1) ?? Infinity];
  console.log(`outage: median ${median.toFixed(0)} ms, worst ${worst.toFixed(0)} ms`);
  assert.ok(median < 150, `median ${median} ms`);
  assert.ok(worst < 400, `worst ${worst} ms`);
});

Deno.test("handover back and forth under loss and reordering: nothing is missing, nothing comes twice", async () => {
  await seeds(5, async (seed) => {
    const net = new Net(true, seed, { lossShare: 0.03, jitterMs: 4 });
    await net.flowing();
    for (let turn = 0; turn < 20; turn++) {
      net.prefer(...(turn % 2 === 0 ? ["b", "a"] : ["a", "b"]));
      await net.world.runFor(600);
    }
    assert.equal(net.status().failovers, 0);
    assert.ok(net.status().handovers >= 18, `${net.status().handovers} handovers`);
    await net.assertWhole();
    await net.stop();
  });
});

Deno.test("on two paths the death of a parent makes no gap at all", async () => {
  await seeds(5, async (seed) => {
    const net = new Net(true, seed, {}, pathDual);
    await net.flowing();
    await net.world.runFor(1000);
    assert.deepEqual([...net.status().parents].sort(), ["a", "b"]);
    const sinceMs = net.world.nowMs;
    net.world.crash("a");
    await net.world.runFor(3000);
    assert.ok(net.longestGapMs(sinceMs) < 40, `gap of ${net.longestGapMs(sinceMs)} ms`);
    assert.deepEqual(net.status().parents, ["b"]);
    await net.assertWhole();
    await net.stop();
  });
});

Deno.test("the only parent freezes for two seconds and wakes: it goes on where it stopped", async () => {
  await seeds(5, async (seed) => {
    const net = new Net(true, seed);
    await net.flowing();
    net.prefer("a");
    await net.world.runFor(200);
    net.world.freeze("a");
    await net.world.runFor(2000);
    net.world.thaw("a");
    await net.world.runFor(3000);
    assert.deepEqual(net.status().parents, ["a"]);
    await net.assertWhole();
    await net.stop();
  });
});

Deno.test("a death two hops up is healed, whoever heals it, and nothing is missing", async () => {
  await seeds(10, async (seed) => {
    const net = new Net(true, seed, { lossShare: 0.02 });
    await net.flowing(() => net.ladder());
    await net.world.runFor(500 + 500 * net.world.rng.next());
    const sinceMs = net.world.nowMs;
    net.world.crash("a");
    await net.world.runFor(3000);
    assert.ok(net.longestGapMs(sinceMs) < 500, `gap of ${net.longestGapMs(sinceMs)} ms`);
    assert.equal(net.status().parents.length, 1);
    await net.assertWhole();
    await net.stop();
  });
});
