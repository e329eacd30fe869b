/** The metrics of running nodes, held against Prometheus' own tool and against the dashboard that reads them. */
import assert from "node:assert/strict";
import { needing, withNet } from "./net.ts";
import { until } from "../../cli/fleet.ts";
import { connect } from "../../client/mod.ts";
import { playing, STREAM } from "./steering_rig.ts";

const silent = needing(["promtool"], "promtool has nothing to say about the metrics of any role");
Deno.test(silent, async () => {
  await withNet({}, async (net) => {
    const nodes = await playing(net);
    net.start("i", [{ use: "index", with: { listen: "127.0.0.1:0" } }]);
    net.start("p", [{ use: "peer", with: { index: "127.0.0.1:9" } }]);
    await nodes.r.add({ use: "chaos" });
    await nodes.r.swap("tree", { use: "tree-linkstate" });
    await nodes.r.swap("keepalive", { use: "keepalive-phi" });
    await nodes.v.add({ use: "stats-sink" });
    await nodes.v.swap("pop", { use: "pop-load" });
    await nodes.v.openSession({ stream: STREAM, id: "t", sinks: ["stats-sink"] });
    await net.ready();
    await until("counted", async () => (await nodes.v.metrics()).includes('session="t"'));
    const clients = [...net.fleet.nodes.values()].map((node) => connect(node.admin));
    for (const client of clients) {
      const text = await client.metrics();
      const child = new Deno.Command("promtool", {
        args: ["check", "metrics"],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(text));
      await writer.close();
      const { code, stdout, stderr } = await child.output();
      const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assert.deepEqual({ code, said }, { code: 0, said: "" });
    }
  });
});
