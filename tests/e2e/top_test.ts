/** `espalier top` over real nodes: one picture without a terminal, and at a terminal until somebody presses q. */
import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { ROOT } from "../tools/repository.ts";
import { needing, run, type TestNet, withNet } from "./net.ts";
import { playing, STREAM } from "./steering_rig.ts";

function command(net: TestNet, ...more: string[]): string[] {
  const bases = [...net.fleet.nodes.values()].map((node) => node.admin);
  return ["run", "-A", new URL("main.ts", ROOT).pathname, "top", ...more, ...bases];
}

Deno.test("a network is drawn at once where there is no terminal, and live where there is", async (t) => {
  await withNet({}, async (net) => {
    await playing(net);
    await t.step("once", async () => {
      const { code, stdout } = await run(Deno.execPath(), command(net, "--once"));
      assert.equal(code, 0);
      assert.equal(stdout, stripVTControlCharacters(stdout), "no colors without a terminal");
      for (const head of ["nodes", "links", "streams", "sessions", "trees", "events"]) {
        assert.match(stdout, new RegExp(`^${head}$`, "m"));
      }
      assert.match(stdout, /^r +running +relay POP/m);
      assert.match(stdout, new RegExp(`^${STREAM} +r +\\d.*bit/s`, "m"));
      assert.match(stdout, /^s +v +o\/test +flowing +r/m);
      assert.match(stdout, /^ {2}o( \(origin\))?\n {2}└─ r \(POP\)\n {5}└─ v \(viewer\)$/m);
    });
    await t.step("a node that is not there is told, and all gone is a failure", async () => {
      const main = new URL("main.ts", ROOT).pathname;
      const args = ["run", "-A", main, "top", "--once", "http://127.0.0.1:1"];
      const { code, stdout } = await run(Deno.execPath(), args);
      assert.equal(code, 1);
      assert.match(stdout, /nothing answers there/);
    });
    await t.step({
      ...needing(["script"], "at a terminal, until q is pressed"),
      fn: async () => {
        const line = [Deno.execPath(), ...command(net, "--interval", "200ms")].join(" ");
        const child = new Deno.Command("script", {
          args: ["-qec", line, "/dev/null"],
          stdin: "piped",
          stdout: "piped",
          stderr: "null",
          env: { TERM: "xterm", COLUMNS: "100", LINES: "40" },
        }).spawn();
        const writer = child.stdin.getWriter();
        let text = "";
        let pressed = false;
        for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
          text += part;
          // Drawn a second time: q ends it.
          if (pressed || text.split("q ends").length < 3) continue;
          pressed = true;
          await writer.write(new TextEncoder().encode("q"));
        }
        await writer.close().catch(() => {});
        assert.equal((await child.status).code, 0);
        assert.ok(pressed);
        // deno-lint-ignore no-control-regex
        assert.match(text, /\x1b\[\?1049h/);
        assert.ok(text.trimEnd().endsWith("\x1b[?25h\x1b[?1049l"), "the terminal is as it was");
      },
    });
  });
});
