/** What browsers and threads are given is what its source says. */
import assert from "node:assert/strict";
import { build, BUNDLES } from "../web/build.ts";
import { filesEnding, ROOT } from "./tools/repository.ts";

/** The first bundle, or why there can be none here (the bundler is fetched on first use). */
async function attempt(): Promise<string | undefined> {
  try {
    for (const bundle of BUNDLES.slice(0, 1)) await build(bundle);
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
    for (const bundle of BUNDLES) {
      const { out } = bundle;
      const committed = await Deno.readTextFile(new URL(out, ROOT));
      assert.ok(committed === await build(bundle), `${out} is stale: run "deno task web"`);
    }
  },
});

Deno.test("bundles need nothing from elsewhere", async () => {
  assert.deepEqual(filesEnding(".bundle.js"), BUNDLES.map(({ out }) => out).sort());
  for (const { out, isThread } of BUNDLES) {
    const text = await Deno.readTextFile(new URL(out, ROOT));
    const elsewhere = isThread
      ? /\b(?:from|import)\s*\(?["'](?!node:crypto["'])/
      : /\b(?:from|import)\s*\(?["'](?:node:|npm:|https?:)/;
    assert.doesNotMatch(text, elsewhere, out);
  }
});
