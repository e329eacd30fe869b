/** Who may import whom, and how that is read from `deno info`. */

/** One import: both ends are paths from the root, `npm:name` or `node:name`. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** Tests, and what the tests of one folder share. */
const TEST_CODE = /_test\.ts$|(^|\/)testing(\.ts$|\/)|(^|\/|_)(rig|fakes|arbitrary)\.ts$/;

interface Rule {
  /** Whom the first matching rule is about. */
  readonly who: RegExp;
  /** What they may import; `SELF` stands for the first group of `who`. */
  readonly may: readonly string[];
}

const CORE = "core/(?!host/).*";
const RULES: readonly Rule[] = [
  {
    who: /^core\/host\//,
    may: ["core/.*", "npm:(zod|cborg|yaml|hono|prom-client)", "node:.*"],
  },
  { who: /^core\//, may: [CORE, "npm:(zod|cborg|yaml)", "node:crypto"] },
  { who: /^plugins\/registry\.ts$/, may: ["core/(plugin|slots)\\.ts", "plugins/[^/]+/mod\\.ts"] },
  { who: /^plugins\/([^/]+)\//, may: [CORE, "plugins/SELF/.*", "npm:zod", "node:crypto"] },
  // Types only: a client runs without the program.
  { who: /^client\//, may: ["core/answers\\.ts", "npm:zod"] },
  // What runs in browsers is bundled; the program sees only the finished text. `observe.ts` is types alone.
  {
    who: /^web\//,
    may: ["web/.*", "core/observe\\.ts", "npm:(mpegts\\.js|hls\\.js|preact|uplot|d3-hierarchy)"],
  },
  {
    who: /^(main\.ts|cli\/)/,
    may: [
      "main\\.ts",
      "deno\\.json",
      "cli/.*",
      "client/.*",
      "core/.*",
      "plugins/registry\\.ts",
      "npm:.*",
      "node:.*",
    ],
  },
];

/** Imports that the house forbids. Tests and benches may import what they like. */
export function violations(imports: readonly Import[]): readonly Import[] {
  return imports.filter(({ from, to }) => {
    if (TEST_CODE.test(from) || /^(tests|bench)\//.test(from)) return false;
    const rule = RULES.find(({ who }) => who.test(from));
    if (rule === undefined) return true;
    const self = rule.who.exec(from)?.[1] ?? "";
    const allowed = rule.may.some((one) =>
      new RegExp(`^(?:${one.replace("SELF", self)})$`).test(to)
    );
    return !allowed || TEST_CODE.test(to);
  });
}

/** What `deno info --json` says, as far as it is read here. */
interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly code?: { readonly specifier: string };
      readonly type?: { readonly specifier: string };
    }[];
  }[];
}

/** A package without its version and path. */
function packageOf(specifier: string): string {
  return specifier.replace(/^npm:\/?(@[^/]+\/[^@/]+|[^@/]+).*$/, "npm:$1");
}

/** All imports (types included) of these files, which lie under `root`. */
export async function importsOf(root: URL, files: readonly string[]): Promise<readonly Import[]> {
  const folder = await Deno.makeTempDir({ prefix: "espalier-imports-" });
  try {
    const entry = `${folder}/all.ts`;
    await Deno.writeTextFile(
      entry,
      files.map((file) => `import "${new URL(file, root)}";`).join("\n"),
    );
    const config = new URL("deno.json", root).pathname;
    const args = ["info", "--json", "--config", config, entry];
    const output = await new Deno.Command(Deno.execPath(), { args, cwd: root }).output();
    if (!output.success) throw new Error(new TextDecoder().decode(output.stderr));
    // The shape of deno's own output.
    const graph = JSON.parse(new TextDecoder().decode(output.stdout)) as Graph;
    return graph.modules.filter(({ specifier }) => specifier.startsWith(root.href))
      .flatMap((module) =>
        (module.dependencies ?? []).flatMap((dependency) => {
          const to = (dependency.code ?? dependency.type)?.specifier ?? dependency.specifier;
          return {
            from: module.specifier.slice(root.href.length),
            to: to.startsWith(root.href) ? to.slice(root.href.length) : packageOf(to),
          };
        })
      );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
