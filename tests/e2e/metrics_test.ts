import assert from "node:assert/strict";
import { CLIP } from "./clips.ts";
import { needing, run, type TestNet, withNet } from "./net.ts";

/** Per stream and hop. */
const OF_STREAMS = [
  "packets_in_total",
  "packets_out_total",
  "gaps_total",
  "recovered_nack_total",
  "recovered_fec_total",
  "recovered_path_total",
  "duplicates_total",
  "late_total",
  "unrecovered_total",
].map((name) => `espalier_media_stream_${name}`);

async function metricsOf(net: TestNet, name: string): Promise<string> {
  return await (await fetch(`${net.fleet.get(name).admin}/metrics`)).text();
}

Deno.test({
  ...needing(
    ["promtool"],
    "what every role tells Prometheus is complete, and promtool has nothing to say about it",
  ),
  fn: async () => {
    await withNet({ neighbors: { o: ["r"], r: ["v"] } }, async (net) => {
      net.bootstrap();
      net.origin("o", [{ use: "cbr-source", with: { files: [{ path: CLIP, name: "test" }] } }]);
      net.pop("r");
      await net.ready();
      net.viewer("v", [{ stream: "o/test" }], [{ use: "stats-sink" }]);
      await net.session("v", "to receive", (one) => one.packets > 300);
      for (const name of ["o", "r", "v"]) {
        const text = await metricsOf(net, name);
        const file = `${net.folder}/${name}.prom`;
        await Deno.writeTextFile(file, text);
        const { stdout, stderr } = await run("sh", ["-c", `promtool check metrics < ${file}`]);
        assert.equal(stdout + stderr, "", name);
        for (const metric of [...OF_STREAMS, "espalier_media_repair_delay_seconds_count"]) {
          assert.match(text, new RegExp(`^${metric}\\{stream="0x`, "m"), `${metric} of ${name}`);
        }
        assert.match(text, /^espalier_exchange_failovers_total \d/m);
        assert.match(text, /^espalier_exchange_outage_seconds_bucket\{/m);
      }
    });
  },
});
