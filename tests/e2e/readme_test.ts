/** Every curl line of the README, against a real network: it does what it shows. */
import assert from "node:assert/strict";
import { filesEnding, ROOT } from "../tools/repository.ts";
import { needing, run, type TestNet, withNet } from "./net.ts";
import { playing, STREAM } from "./steering_rig.ts";

/** The curl lines of a page's shell blocks, in order. */
function curlLines(page: string): readonly string[] {
  return [...page.matchAll(/^```sh\n(.*?)^```/gms)].flatMap((block) =>
    (block[1] ?? "").replaceAll("\\\n", " ").split("\n").filter((line) => /^curl /.test(line))
  );
}

/** The same line for the nodes of the test; asks for the status too. */
function forTest(line: string, net: TestNet): string {
  const places: Readonly<Record<string, string>> = { "8101": "r", "8111": "r", "8121": "v" };
  return `${
    line.replaceAll(/http:\/\/127\.0\.0\.1:(\d+)/g, (_all, port: string) => {
      const node = places[port];
      assert.ok(node, `${line}: no node stands for port ${port}`);
      return net.fleet.get(node).admin;
    }).replaceAll("o1/garden", STREAM)
  } -w '\\n%{http_code} %{content_type}'`;
}

Deno.test({
  ...needing(["curl"], "every curl line of the README does what it shows"),
  fn: async () => {
    const lines = curlLines(Deno.readTextFileSync(new URL("README.md", ROOT)));
    assert.ok(lines.length > 20, `${lines.length} lines`);
    await withNet({}, async (net) => {
      const { v } = await playing(net);
      for (const line of lines) {
        const command = forTest(line, net);
        const { code, stdout } = await run("sh", ["-c", command], { cwd: net.folder });
        const [, body = "", status = "", type = ""] = /^(.*)\n(\d+) (.*)$/s.exec(stdout) ?? [];
        assert.equal(code, 0, command);
        assert.match(status, /^20\d$/, `${line}\n${body}`);
        if (/^application\/json/.test(type)) JSON.parse(body);
        else assert.ok(body !== "", line);
      }
      // The lines end with the relay's leaving; the viewer is as it was before.
      await net.fleet.get("r").exited;
      assert.deepEqual((await v.sessions()).map((one) => one.session), ["s"]);
      const tapes = `${net.folder}/recordings`;
      assert.equal([...Deno.readDirSync(tapes)].length, 1, "what was recorded is there");
    });
  },
});

Deno.test("no other page shows a request that the README does not", () => {
  const others = filesEnding(".md").filter((page) => page !== "README.md").flatMap((page) =>
    curlLines(Deno.readTextFileSync(new URL(page, ROOT))).map((line) => `${page}: ${line}`)
  );
  // They would not be tried by anybody.
  assert.deepEqual(others.filter((line) => /\/api\/v1\//.test(line)), []);
});
