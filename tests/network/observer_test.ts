/** What one node's observer sees of a whole network. */
import assert from "node:assert/strict";
import type { NodeName } from "../../core/ids.ts";
import type { NetworkView, SeenNode } from "../../core/observe.ts";
import { decode } from "../../core/wire/control_codec.ts";
import { seedList } from "../sim/seeds.ts";
import { builtin, Network } from "./network.ts";
import { sixty, VIEWERS } from "./sixty.ts";

function asked(net: Network, name: string): Promise<NetworkView> {
  const observer = net.kernel(name).peek("observer");
  assert.ok(observer, `${name} has no observer`);
  return observer.network();
}

async function look(net: Network, name: string): Promise<NetworkView> {
  return await net.world.until(asked(net, name));
}

/** What is wrong in a view, against what the nodes themselves know. */
function wrong(net: Network, view: NetworkView): string[] {
  const seen = new Map<string, SeenNode>(view.nodes.map((node) => [node.name, node]));
  const faults: string[] = [];
  const live = [...net.nodes.keys()].filter((name) => name !== "b");
  for (const name of live) {
    const node = seen.get(name);
    if (node === undefined || node.state !== "here") {
      faults.push(`${name} is ${node?.state ?? "missing"}`);
      continue;
    }
    const kernel = net.kernel(name);
    const truth = (kernel.peek("exchange")?.subscriptions() ?? [])
      .filter((one) => one.stream === "o/s").flatMap((one) => one.parents).sort();
    const told = node.streams.find((one) => one.name === "o/s")?.parents ?? [];
    if (`${truth}` !== `${[...told].sort()}`) faults.push(`${name}: ${told} for ${truth}`);
    const links = (kernel.peek("keepalive")?.watched() ?? []).map(({ peer }) => peer.name).sort();
    if (`${links}` !== `${node.links.map((link) => link.name).sort()}`) {
      faults.push(`${name}: other links`);
    }
  }
  const extra = view.nodes.filter((one) => one.state === "here" && !live.includes(one.name));
  return [...faults, ...extra.map((one) => `${one.name} is not there`)];
}

/** Looks every second until nothing is wrong, or the time is up; returns what is wrong then. */
async function converge(net: Network, name: string, seconds: number): Promise<readonly string[]> {
  let faults = wrong(net, await look(net, name));
  for (let second = 0; second < seconds && faults.length > 0; second++) {
    await net.world.runFor(1000);
    faults = wrong(net, await look(net, name));
  }
  return faults;
}

const [seed = 1] = seedList(1);

Deno.test(`sixty nodes seen from each of them, seed ${seed}`, async (t) => {
  const net = await sixty(seed, { watch: "3s", forget: "8s" });
  const names = [...net.nodes.keys()].filter((name) => name !== "b");
  let [messages, bytes, longest] = [0, 0, 0];
  using _sniffer = net.world.sniff((_from, _to, datagram, _fate, plane) => {
    if (plane !== "control") return;
    const decoded = decode(datagram);
    if (!decoded.ok || !/^(SUMMARY|HISTORY)/.test(decoded.envelope.type)) return;
    messages++;
    bytes += datagram.length;
    longest = Math.max(longest, datagram.length);
  });

  await t.step("nobody is asked while nobody looks", async () => {
    await net.world.runFor(5000);
    assert.equal(messages, 0);
  });

  await t.step("the first look of every node shows all as it is", async () => {
    const views = await net.world.until(Promise.all(names.map((name) => asked(net, name))));
    for (const view of views) assert.deepEqual(wrong(net, view), [], `from ${view.self}`);
    const viewers = (await look(net, "v0")).nodes.reduce((sum, node) => sum + node.sessions, 0);
    assert.equal(viewers, VIEWERS);
  });

  await t.step("looking costs bounded bytes, in datagrams of bounded size", async () => {
    await net.world.runFor(5000);
    [messages, bytes] = [0, 0];
    for (let second = 0; second < 10; second++) {
      await look(net, "o");
      await net.world.runFor(1000);
    }
    // 50 questions a second (100 bytes at most), each with an answer of a datagram at most.
    assert.ok(messages > 10 * 59, `${messages} messages`);
    assert.ok(bytes <= 13 * 50 * (100 + 1200), `${bytes} bytes`);
    assert.ok(longest <= 1200, `${longest}`);
    await net.world.runFor(5000);
    messages = 0;
    await net.world.runFor(5000);
    assert.equal(messages, 0, "the last look does not wear off");
  });

  await t.step("a dead node is silent within seconds and forgotten within a minute", async () => {
    await look(net, "v0");
    const victim = [...net.parents("o/s").values()].flat().find((name) => name.startsWith("r"));
    assert.ok(victim, "no relay carries the stream");
    net.crash(victim);
    for (let second = 0; second < 6; second++) {
      await net.world.runFor(1000);
      await look(net, "v0");
    }
    const soon = await look(net, "v0");
    assert.equal(soon.nodes.find((one) => one.name === victim)?.state, "silent");
    for (let second = 0; second < 60; second++) {
      await net.world.runFor(1000);
      await look(net, "v0");
    }
    const late = await look(net, "v0");
    assert.equal(late.nodes.find((one) => one.name === victim), undefined);
    assert.ok(!late.unanswered.includes(victim), "still named");
    assert.deepEqual(await converge(net, "v0", 10), [], "its children are seen where they went");
    await net.restart(victim);
    await net.world.runFor(5000);
    assert.deepEqual(await converge(net, "v0", 20), [], "after its return");
  });
  assert.deepEqual(net.faults(), []);
});

Deno.test("the series of another node come over the control plane as that node has them", async () => {
  const everywhere = [{ plugin: builtin("observer"), with: { sample: "1s", samples: 100 } }];
  const net = new Network({ seed: 5, neighbors: { o: ["r"], r: ["v"] }, everyMs: 100, everywhere });
  await net.bootstrap();
  await net.origin("o");
  await net.relay("r", { pop: true });
  await net.viewer("v", ["o/s"]);
  await net.world.runFor(130_000);
  await look(net, "v");
  const far = await net.world.until(
    Promise.resolve(net.kernel("v").peek("observer")?.history("o" as NodeName)),
  );
  const own = await net.world.until(
    Promise.resolve(net.kernel("o").peek("observer")?.history()),
  );
  assert.ok(far !== undefined && own !== undefined);
  assert.ok(far.agesMs.length >= 95, `${far.agesMs.length} samples of 100`);
  assert.deepEqual(Object.keys(far.series).sort(), Object.keys(own.series).sort());
  const at = far.first - own.first;
  // The wire carries whole numbers.
  const same = (a: number | null | undefined, b: number | null | undefined) =>
    typeof a === "number" && typeof b === "number" ? Math.abs(a - b) <= 0.5 : a === b;
  for (const key of ["out", "in", "rtt:r"]) {
    for (let n = 0; n < 90; n++) {
      const theirs: number | null | undefined = far.series[key]?.[n];
      const ours: number | null | undefined = own.series[key]?.[n + at];
      assert.ok(same(theirs, ours), `${key} ${n}: ${theirs} there, ${ours} here`);
    }
  }
  const out = far.series.out?.at(-1) ?? 0;
  // 1328 bytes every 100 ms.
  assert.ok(out > 90_000 && out < 125_000, `${out} bit/s`);
  await assert.rejects(
    net.world.until(
      Promise.resolve(net.kernel("v").peek("observer")?.history("nobody" as NodeName)),
    ),
    /no such node/,
  );
});
