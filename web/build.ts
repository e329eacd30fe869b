/**
 * Builds what runs in browsers and in threads of their own: `deno task web` bundles each entry and writes it next
 * to the code that embeds it (`import text from "./x.bundle.js" with { type: "text" }`), so that programs, bundles
 * and compiled files hold it and nothing is fetched from elsewhere. The results are committed; a test holds them
 * fresh.
 */

/** One program, paths from the repository's root. */
export interface Bundle {
  readonly entry: string;
  readonly out: string;
  /** A thread of this program, where `node:` modules are; browsers have none. */
  readonly isThread?: true;
}

/** Every program for browsers, and that of the piece threads. */
export const BUNDLES: readonly Bundle[] = [
  {
    entry: "core/host/piece_worker.ts",
    out: "core/host/piece_worker.bundle.js",
    isThread: true,
  },
  { entry: "web/dashboard/main.tsx", out: "core/host/dashboard/page.bundle.js" },
  { entry: "web/watch/main.ts", out: "plugins/http-sink/watch.bundle.js" },
  { entry: "web/watch/hls.ts", out: "plugins/http-sink/hls.bundle.js" },
];

const ROOT = new URL("../", import.meta.url);

/** Bundles one entry; throws with the bundler's words when it can't. */
export async function build({ entry, isThread }: Bundle): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "espalier-web-" });
  try {
    const out = `${folder}/out.js`;
    const platform = isThread ? "deno" : "browser";
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--quiet", "--platform", platform, "--minify", "--output", out, entry],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) {
      throw new Error(`Cannot bundle ${entry}: ${new TextDecoder().decode(stderr).trim()}`);
    }
    return await Deno.readTextFile(out);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  for (const bundle of BUNDLES) {
    const text = await build(bundle);
    await Deno.writeTextFile(new URL(bundle.out, ROOT), text);
    console.log(`${bundle.out}: ${Math.round(text.length / 1024)} KiB`);
  }
}
