/** The metrics of running nodes, held against Prometheus' own tool and against the dashboard that reads them. */
import assert from "node:assert/strict";
import { needing, type TestNet, withNet } from "./net.ts";
import { until } from "../../cli/fleet.ts";
import { connect } from "../../client/mod.ts";
import { playing, STREAM } from "./steering_rig.ts";

/** Nodes of every role, with plugins of every kind that counts; what they say of themselves. */
async function allMetrics(net: TestNet): Promise<readonly string[]> {
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
  return await Promise.all(clients.map((client) => client.metrics()));
}

/** What Prometheus' own tool says of a scrape. */
async function promtool(text: string): Promise<{ code: number; said: string }> {
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
  const decoder = new TextDecoder();
  return { code, said: decoder.decode(stdout) + decoder.decode(stderr) };
}

Deno.test("promtool is silent, cardinality is low, and Grafana finds every metric it asks for", async (t) => {
  await withNet({}, async (net) => {
    const texts = await allMetrics(net);
    const tool = needing(["promtool"], "promtool has nothing to say about any role's metrics");
    await t.step({
      ...tool,
      fn: async () => {
        for (const text of texts) assert.deepEqual(await promtool(text), { code: 0, said: "" });
      },
    });
    await t.step("a node has few time series", () => {
      for (const text of texts) {
        const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
        assert.ok(series.length < 500, `${series.length} time series`);
      }
    });
    await t.step("every metric of the Grafana dashboard exists", async () => {
      const known = new Set(
        texts.flatMap((text) => [...text.matchAll(/^# TYPE (\S+) /gm)].map((one) => one[1])),
      );
      // Told only where it happens.
      known.add("espalier_events_suppressed_total");
      const board = await Deno.readTextFile(new URL("../../docs/grafana.json", import.meta.url));
      const asked = [...board.matchAll(/\bespalier_[a-z_]+/g)].map((one) => one[0]);
      assert.ok(asked.length > 25);
      const missing = asked.filter((name) =>
        !known.has(name) && !known.has(name.replace(/_(bucket|sum|count)$/, ""))
      );
      assert.deepEqual(missing, []);
    });
  });
});
