/** The load rig of `bench/relay` around a real relay: what it sends is what its children get. */
import assert from "node:assert/strict";

const isRoot = Deno.build.os === "linux" && Deno.uid() === 0;

Deno.test({
  name: "load rig: a relay hands every packet of three streams to each of four counted children",
  ignore: !isRoot,
  // The C library stays open for the life of the process.
  sanitizeResources: false,
  async fn() {
    const { Load } = await import("../../bench/relay/load/load.ts");
    const { MODE } = await import("../../bench/relay/load/layout.ts");
    const { RelayNetwork } = await import("../../bench/relay/rig/network.ts");
    await using load = new Load();
    await using network = new RelayNetwork({
      net: 1,
      relays: ["r1", "r2"],
      parents: ["r1", "r1", "r2", "r2"],
      streams: 3,
      datapath: "datapath-deno",
    }, load);
    await network.start();
    const spec = { net: 1, children: 4, seconds: 1, segments: 4, graceMs: 3000 };
    for (const mode of [MODE.count, MODE.latency]) {
      const result = await load.run({ ...network.input(), ...spec, mode, rate: 300 });
      network.advance(result.next);
      assert.equal(result.sent, 300);
      assert.equal(result.received, 1200);
      assert.equal(result.fewest, 300);
      if (mode === MODE.latency) assert.ok(result.percentile(0.5) > 0);
    }
    assert.equal(network.children.joined, 12);
    assert.equal(network.origin.asked, 0);
  },
});
