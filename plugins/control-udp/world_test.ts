/** The plugin in the seeded world: two and three nodes, bad links, restarts, stalls, forgers. */
import assert from "node:assert/strict";
import type { Loadable } from "../../core/plugin.ts";
import type { NodeName } from "../../core/ids.ts";
import { seededRng } from "../../core/rng.ts";
import type { Control, ControlFailure } from "../../core/slots.ts";
import { encode, NO_COOKIE } from "../../core/wire/control_codec.ts";
import { isMessage } from "../../core/wire/messages.ts";
import { type SimNode, startNode, stopNodes } from "../../tests/sim/node.ts";
import { seeds } from "../../tests/sim/seeds.ts";
import { World } from "../../tests/sim/world.ts";
import plugin from "./mod.ts";

const PAD = new Uint8Array(0);
const name = (text: string) => text as NodeName;
const at = (host: string) => ({ name: name(host), control: { host, port: 6000 } });

function controlOf(node: SimNode): Control {
  const control = node.kernel.peek("control");
  assert.ok(control !== undefined);
  return control;
}

const start = (world: World, host: string, use: Loadable = plugin): Promise<SimNode> =>
  startNode(world, { name: host, plugins: [use] });

/** Answers every PROBE with its own name's length as children, so that answers can be told apart. */
function answer(node: SimNode): void {
  const control = controlOf(node);
  control.onMessage("PROBE", (message) => {
    const { nonce } = message.body;
    control.reply(message, "PROBED", { nonce, children: 1, maxChildren: 2, closed: false });
  });
}

/** Asks and keeps what came of it. */
class Asker {
  readonly outcomes: (number | ControlFailure | "wrong")[] = [];
  asked = 0;

  constructor(readonly node: SimNode) {}

  ask(host: string, timeoutMs = 5000): void {
    const nonce = ++this.asked;
    controlOf(this.node).request(
      at(host),
      "PROBE",
      { nonce, pad: PAD },
      { timeoutMs },
      (result) => {
        const outcome = typeof result === "string"
          ? result
          : isMessage(result, "PROBED") && result.body.nonce === nonce
          ? nonce
          : "wrong";
        this.outcomes.push(outcome);
      },
    );
  }

  get answered(): number {
    return this.outcomes.filter((outcome) => typeof outcome === "number").length;
  }
}

Deno.test("three nodes ask each other over links that lose, double, reorder and damage", async () => {
  await seeds(5, async (seed) => {
    const world = new World({
      seed,
      link: {
        delayMs: 20,
        jitterMs: 15,
        fifo: false,
        lossShare: 0.2,
        duplicateShare: 0.1,
        corruptShare: 0.03,
      },
    });
    const hosts = ["a", "b", "c"];
    const nodes: SimNode[] = [];
    for (const host of hosts) nodes.push(await start(world, host));
    for (const node of nodes) answer(node);
    const askers = nodes.map((node) => new Asker(node));
    for (let i = 0; i < 50; i++) {
      for (const [j, asker] of askers.entries()) {
        asker.ask(hosts[(j + 1 + i % 2) % 3] ?? "", 12_000);
      }
      await world.runFor(50);
    }
    await world.runFor(12_000);
    for (const asker of askers) {
      assert.equal(asker.outcomes.length, 50);
      assert.equal(asker.answered, 50, asker.outcomes.join());
    }
    await stopNodes(world, nodes);
    for (const host of hosts) assert.deepEqual([world.timers(host), world.sockets(host)], [0, 0]);
  });
});

Deno.test("a node that is killed and comes back is asked and asks as if nothing had been", async () => {
  await seeds(5, async (seed) => {
    const world = new World({ seed, link: { delayMs: 10, lossShare: 0.05 } });
    const a = await start(world, "a");
    let b = await start(world, "b");
    answer(a);
    answer(b);
    const asker = new Asker(a);
    for (let i = 0; i < 5; i++) {
      asker.ask("b");
      await world.runFor(200);
      world.kill("b");
      asker.ask("b");
      await world.runFor(100);
      b = await start(world, "b");
      answer(b);
      const other = new Asker(b);
      other.ask("a");
      await world.runFor(3000);
      assert.equal(other.answered, 1);
    }
    await world.runFor(5000);
    assert.equal(asker.answered, 10, asker.outcomes.join());
    await stopNodes(world, [a, b]);
  });
});

Deno.test("a frozen node answers what waited for it, and its own requests end once", async () => {
  const world = new World({ seed: 3, link: { delayMs: 10 } });
  const [a, b] = [await start(world, "a"), await start(world, "b")];
  answer(a);
  answer(b);
  const [ofA, ofB] = [new Asker(a), new Asker(b)];
  ofA.ask("b");
  await world.runFor(100);
  ofB.ask("a", 1000);
  world.freeze("b");
  ofA.ask("b", 10_000);
  await world.runFor(3000);
  world.thaw("b");
  await world.runFor(3000);
  assert.equal(ofA.answered, 2);
  assert.equal(ofB.outcomes.length, 1);
  await stopNodes(world, [a, b]);
});

Deno.test("a listener that throws is counted, and neither the socket nor other listeners notice", async () => {
  const world = new World({ seed: 4 });
  const [a, b] = [await start(world, "a"), await start(world, "b")];
  const heard: NodeName[] = [];
  controlOf(b).onMessage("PROBE", () => {
    throw new Error("a listener's own mistake");
  });
  answer(b);
  controlOf(b).onHeard((one) => void heard.push(one));
  const asker = new Asker(a);
  for (let i = 0; i < 3; i++) asker.ask("b");
  await world.runFor(1000);
  assert.equal(asker.answered, 3);
  assert.deepEqual(heard, ["a", "a", "a"]);
  assert.equal(world.metrics("b").value("control_listener_errors_total"), 3);
  await stopNodes(world, [a, b]);
});

Deno.test("stop ends every request with `stopped`, and nothing is heard or sent afterwards", async () => {
  const world = new World({ seed: 5, link: { down: true } });
  const a = await start(world, "a");
  const asker = new Asker(a);
  const control = controlOf(a);
  asker.ask("b", 60_000);
  asker.ask("c", 60_000);
  const cancelled = control.request(at("d"), "GOODBYE", {}, { timeoutMs: 1000 }, () => {
    throw new Error("was cancelled");
  });
  cancelled[Symbol.dispose]();
  await world.runFor(500);
  await stopNodes(world, [a]);
  assert.deepEqual(asker.outcomes, ["stopped", "stopped"]);
  const sent = world.packetsSentBy("a");
  control.send(at("b"), "GOODBYE", {});
  control.request(at("b"), "GOODBYE", {}, { timeoutMs: 1000 }, (result) => {
    assert.equal(result, "stopped");
    asker.outcomes.push("stopped");
  });
  await world.runFor(10_000);
  assert.equal(asker.outcomes.length, 3);
  assert.equal(world.packetsSentBy("a"), sent);
  assert.equal(world.timers("a"), 0);
});

Deno.test("a swap to other options keeps the numbers going: nothing is taken for a duplicate", async () => {
  const world = new World({ seed: 6 });
  const [a, b] = [await start(world, "a"), await start(world, "b")];
  answer(b);
  const asker = new Asker(a);
  for (let i = 0; i < 100; i++) {
    asker.ask("b");
    await world.runFor(10);
  }
  const swap = a.kernel.swap("control-udp", {
    use: "control-udp",
    id: undefined,
    with: { sessionsMax: 100 },
  });
  await world.until(swap);
  for (let i = 0; i < 100; i++) {
    asker.ask("b");
    await world.runFor(10);
  }
  await world.runFor(1000);
  assert.equal(asker.answered, 200, asker.outcomes.filter((one) => typeof one === "string").join());
  await stopNodes(world, [a, b]);
});

Deno.test("a port in use refuses the start, and the node holds nothing", async () => {
  const world = new World({ seed: 7 });
  const first = await start(world, "a");
  await assert.rejects(startNode(world, { name: "a2", host: "a", plugins: [plugin] }), {
    code: "address-in-use",
  });
  await stopNodes(world, [first]);
  assert.deepEqual([world.sockets("a"), world.timers("a")], [0, 0]);
});

Deno.test("forgers get their victim nothing, while two nodes go on talking", async () => {
  const world = new World({ seed: 8, link: { delayMs: 5 } });
  const [a, b] = [await start(world, "a"), await start(world, "b")];
  answer(b);
  const asker = new Asker(a);
  const rng = seededRng(8);
  const victim = { host: "victim", port: 9 };
  world.host("victim");
  let forgedBytes = 0;
  let reflectedBytes = 0;
  world.sniff((_from, to, bytes) => {
    if (to.host === "victim") reflectedBytes += bytes.length;
  });
  for (let i = 0; i < 3000; i++) {
    const bytes = i % 2 === 0 ? rng.bytes(Math.floor(rng.next() * 300)) : encode({
      type: "HELLO",
      from: name("victim"),
      instance: 1,
      seq: i,
      body: { pad: new Uint8Array(100) },
      token: NO_COOKIE,
      mine: rng.bytes(8),
      re: undefined,
    });
    forgedBytes += bytes.length;
    world.inject(victim, { host: "b", port: 6000 }, bytes);
    if (i % 100 === 0) {
      asker.ask("b");
      await world.runFor(20);
    }
  }
  await world.runFor(1000);
  assert.equal(asker.answered, 30);
  assert.ok(reflectedBytes > 0 && reflectedBytes < forgedBytes / 10, `${reflectedBytes}`);
  const { metrics } = world.host("b").processes.values().next().value ?? {};
  assert.equal(metrics?.value("control_table_entries", { table: "sessions" }), 1);
  await stopNodes(world, [a, b]);
});

Deno.test("a name that stands for an address reaches the node behind it", async () => {
  const world = new World({ seed: 9 });
  const [a, b] = [await start(world, "a"), await start(world, "b")];
  answer(b);
  world.alias("b.example", "b");
  const outcomes: string[] = [];
  const to = { name: name("b"), control: { host: "b.example", port: 6000 } };
  controlOf(a).request(to, "PROBE", { nonce: 1, pad: PAD }, { timeoutMs: 500 }, (result) => {
    outcomes.push(typeof result === "string" ? result : result.type);
  });
  await world.runFor(600);
  assert.deepEqual(outcomes, ["PROBED"]);
  await stopNodes(world, [a, b]);
});
