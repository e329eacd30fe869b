/** What browsers are given is what its source says. */
import assert from "node:assert/strict";
import { build, BUNDLES } from "../web/build.ts";
import { filesEnding, ROOT } from "./tools/repository.ts";

/** The first bundle, or why there can be none here (the bundler is fetched on first use). */
async function attempt(): Promise<string | undefined> {
  try {
    await build(BUNDLES[0]?.entry ?? "");
    return undefined;
  } catch (error) {
    return String(error);
  }
}

const broken = await attempt();

Deno.test({
  name: `committed bundles equal a fresh build${
    broken === undefined ? "" : ` (ignored: ${broken.slice(0, 200)})`
  }`,
  ignore: broken !== undefined,
  fn: async () => {
    for (const { entry, out } of BUNDLES) {
      const committed = await Deno.readTextFile(new URL(out, ROOT));
      assert.ok(committed === await build(entry), `${out} is stale: run "deno task web"`);
    }
  },
});

Deno.test("bundles need nothing from elsewhere", async () => {
  assert.deepEqual(filesEnding(".bundle.js"), BUNDLES.map(({ out }) => out).sort());
  for (const { out } of BUNDLES) {
    const text = await Deno.readTextFile(new URL(out, ROOT));
    assert.doesNotMatch(text, /\b(?:from|import)\s*\(?["'](?:node:|npm:|https?:)/, out);
  }
});
