import assert from "node:assert/strict";
import { linuxThreads } from "../../core/host/linux/threads.ts";
import { CLIP } from "./clips.ts";
import { run, withNet } from "./net.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

Deno.test("the demo forms a tree, kills a relay, mends, and ends by itself with code 0", async () => {
  const { code, stdout, stderr } = await run(Deno.execPath(), ["task", "demo"], {
    cwd: ROOT,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", DISPLAY: "", WAYLAND_DISPLAY: "" },
  });
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /o1 \(origin/);
  assert.match(stdout, /SIGKILL r\d/);
  assert.match(stdout, /longest time without packets at a viewer: \d+ ms; packets lost: 0/);
  assert.match(stdout, /Summary/);
});

Deno.test("the single-file bundle runs a whole network", async () => {
  const folder = await Deno.makeTempDir({ prefix: "espalier-bundle-" });
  const file = `${folder}/espalier.js`;
  const bundle = await run(Deno.execPath(), [
    "bundle",
    "--platform",
    "deno",
    "--output",
    file,
    "main.ts",
  ], { cwd: ROOT });
  assert.equal(bundle.code, 0, bundle.stderr);
  const before = Deno.env.get("ESPALIER_MAIN");
  Deno.env.set("ESPALIER_MAIN", file);
  try {
    await withNet({ neighbors: { o: ["r"], r: ["v"] } }, async (net) => {
      net.bootstrap();
      net.origin("o", [{ use: "cbr-source", with: { files: [{ path: CLIP, name: "clip" }] } }]);
      const fixed = Deno.env.get("ESPALIER_DATAPATH");
      net.pop("r", {}, fixed === undefined ? [{ use: "datapath-auto" }] : []);
      net.viewer("v", [{ stream: "o/clip" }], [{ use: "stats-sink" }]);
      await net.ready();
      const session = await net.session("v", "to receive", (one) => one.packets > 200);
      assert.equal(session.lost, 0);
      // The media thread's code is the bundle itself. Only where it is chosen is it told which one runs.
      if (fixed !== undefined) return;
      const wanted = linuxThreads().missing() === undefined ? "linux" : "deno";
      const told = net.fleet.get("r").log.find((line) => line.includes("media-datapath"));
      assert.match(told ?? "", new RegExp(`"datapath":"${wanted}"`));
    });
  } finally {
    if (before === undefined) Deno.env.delete("ESPALIER_MAIN");
    else Deno.env.set("ESPALIER_MAIN", before);
    await Deno.remove(folder, { recursive: true });
  }
});
