import assert from "node:assert/strict";
import { until } from "../../cli/fleet.ts";
import { CLIP } from "./clips.ts";
import { withDisplay } from "./display.ts";
import { needing, run, withNet } from "./net.ts";

const OUT = new URL("../../out/", import.meta.url).pathname;

/** Mean absolute difference of two screenshots, 0 to 1. */
async function difference(a: string, b: string): Promise<number> {
  const { stderr } = await run("compare", ["-metric", "MAE", a, b, "null:"]);
  return Number(/\(([\d.e-]+)\)/.exec(stderr)?.[1] ?? 0);
}

Deno.test(
  needing(["ffplay", "Xvfb", "import", "compare"], "ffplay shows the moving picture"),
  async () => {
    await Deno.mkdir(OUT, { recursive: true });
    await withDisplay(async (display) => {
      await withNet({ neighbors: { o: ["r1"], r1: ["r2"], r2: ["v"] } }, async (net) => {
        net.bootstrap();
        net.origin("o", [{ use: "cbr-source", with: { files: [{ path: CLIP, name: "clip" }] } }]);
        net.relay("r1");
        net.pop("r2");
        net.env = { DISPLAY: display, SDL_AUDIODRIVER: "dummy" };
        net.viewer("v", [{ stream: "o/clip" }], [{ use: "ffplay-sink", id: "screen" }]);
        await net.ready();
        await net.session("v", "to receive", (one) => one.packets > 300);
        const shots = ["a", "b"].map((name) => `${OUT}ffplay-${name}.png`);
        const shoot = (path: string) =>
          run("import", ["-display", display, "-window", "root", path]).then(({ stderr }) =>
            stderr
          );
        const [first, second] = shots as [string, string];
        // A picture is there once the screen is no longer of one color.
        await until(
          "a picture",
          async () => {
            assert.equal(await shoot(first), "");
            const { stdout } = await run("convert", [first, "-format", "%k", "info:"]);
            return Number(stdout) > 100;
          },
          30_000,
          500,
        );
        await until(
          "the picture to move",
          async () => {
            assert.equal(await shoot(second), "");
            return await difference(first, second) > 0.001;
          },
          10_000,
          300,
        );
      });
    });
  },
);
