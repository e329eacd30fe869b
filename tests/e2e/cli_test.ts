import assert from "node:assert/strict";
import { until } from "../../cli/fleet.ts";
import { freePort, run, type Use, withNet } from "./net.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const espalier = (...args: string[]) =>
  run(Deno.execPath(), ["run", "-A", "--unstable-net", `${ROOT}main.ts`, ...args], {
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  });

Deno.test("help is there for every command, and a typing error names the closest one", async () => {
  const help = await espalier("--help");
  assert.equal(help.code, 0);
  for (const command of ["node", "check", "plugins", "schema", "topology", "demo"]) {
    assert.match(help.stdout, new RegExp(`\\b${command}\\b`));
    assert.equal((await espalier(command, "--help")).code, 0);
  }
  const typo = await espalier("topolgy");
  assert.equal(typo.code, 2);
  assert.match(typo.stderr, /Did you mean topology\?/);
  const option = await espalier("node", "--confg", "x");
  assert.equal(option.code, 2);
  assert.match(option.stderr, /Did you mean --config\?/);
});

Deno.test("plugins and schema describe every built-in", async () => {
  const list = await espalier("plugins", "--json");
  const plugins: { name: string; slot: string; summary: string }[] = JSON.parse(list.stdout);
  assert.ok(plugins.length >= 20);
  assert.ok(plugins.every((one) => one.summary.endsWith(".")));
  const schema = JSON.parse((await espalier("schema")).stdout);
  assert.equal(schema.properties.plugins.items.anyOf.length, plugins.length + 1);
});

Deno.test("every kind of wrong config gives one clear message with path and line, and exit code 2", async () => {
  const folder = await Deno.makeTempDir({ prefix: "espalier-cli-" });
  const taken = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const takenPort = (taken.addr as Deno.NetAddr).port;
  const base =
    "name: n1\nbootstrap: 127.0.0.1:5000\nports: { control: 0, keepalive: 0, media: 0 }\n";
  await Deno.mkdir(`${folder}/plug`);
  await Deno.writeTextFile(`${folder}/plug/mod.ts`, "export default 42;\n");
  const cases: [string, string, RegExp][] = [
    [
      "unknown key",
      `${base}bootstap: 1\nplugins: [{ use: relay }]\n`,
      /x\.yaml:4:1: bootstap: unknown key \(did you mean "bootstrap"\?\)/,
    ],
    [
      "wrong type",
      `${base}plugins:\n  - use: relay\n    with: { maxChildren: many }\n`,
      /x\.yaml:6:13: plugins\.0\.with\.maxChildren: number expected, got string "many"/,
    ],
    [
      "missing plugin",
      `${base}plugins:\n  - use: rely\n`,
      /x\.yaml:5:5: plugins\.0\.use: no plugin "rely" \(did you mean "relay"\?\)/,
    ],
    [
      "two fillings",
      `${base}plugins:\n  - use: relay\n  - use: path-single\n  - use: path-dual\n`,
      /x\.yaml:7:5: plugins\.2\.use: slot "path" is already filled by "path-single"/,
    ],
    ["not YAML", "name: [\n", /x\.yaml:\d+:\d+: /],
    [
      "no plugin in the file",
      `${base}plugins:\n  - use: ./plug/mod.ts\n`,
      /x\.yaml:5:5: plugins\.0\.use: Cannot load plugin \.\/plug\/mod\.ts: its default export is no plugin/,
    ],
    [
      "missing plugin file",
      `${base}plugins:\n  - use: ./none.ts\n`,
      /x\.yaml:5:5: plugins\.0\.use: Cannot load plugin \.\/none\.ts: /,
    ],
    [
      "port in use",
      `name: n1\nbootstrap: 127.0.0.1:5000\nports: { control: ${takenPort}, keepalive: 0, media: 0 }\nplugins:\n  - use: relay\n`,
      new RegExp(`x\\.yaml:3:10: ports\\.control: Cannot .*${takenPort}.*in use`),
    ],
    [
      "admin without token off loopback",
      `${base}admin: { listen: "0.0.0.0:0" }\nplugins: [{ use: relay }]\n`,
      /token/,
    ],
  ];
  try {
    for (const [what, text, message] of cases) {
      const file = `${folder}/x.yaml`;
      await Deno.writeTextFile(file, text);
      const { code, stderr, stdout } = await espalier("node", "--config", file);
      assert.equal(code, 2, `${what}: exit code\n${stdout}${stderr}`);
      assert.match(stderr, message, what);
      assert.doesNotMatch(stderr, /^\s+at /m, `${what}: a stack is no clear message`);
    }
    const unreadable = await espalier("node", "--config", `${folder}/none.yaml`);
    assert.equal(unreadable.code, 2);
    assert.match(unreadable.stderr, /Cannot read config .*none\.yaml: there is no such file/);
    const good = `${folder}/good.yaml`;
    await Deno.writeTextFile(good, `${base}plugins: [{ use: relay }]\n`);
    assert.equal((await espalier("node", "--config", good, "--check")).code, 0);
    assert.equal(
      (await espalier("check", good, `${folder}/x.yaml`, `${folder}/none.yaml`)).code,
      2,
    );
  } finally {
    taken.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("every ready-made scenario passes the check", async () => {
  const files: string[] = [];
  for (const folder of Deno.readDirSync(`${ROOT}config`)) {
    if (!folder.isDirectory) continue;
    for (const file of Deno.readDirSync(`${ROOT}config/${folder.name}`)) {
      if (file.name.endsWith(".yaml")) files.push(`${ROOT}config/${folder.name}/${file.name}`);
    }
  }
  assert.ok(files.length > 20);
  const { code, stderr } = await espalier("check", ...files);
  assert.equal(code, 0, stderr);
});

Deno.test("a node on its own starts, is ready, and leaves with code 0 on SIGTERM and SIGINT", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    await withNet({}, async (net) => {
      const node = net.relay("r");
      await node.ready();
      const began = performance.now();
      node.signal(signal);
      assert.equal((await node.exited).code, 0);
      assert.ok(performance.now() - began < 4000);
    });
  }
});

/** The code block of a language in the README whose first line contains `mark`. */
async function readmeBlock(language: string, mark: string): Promise<string> {
  const text = await Deno.readTextFile(`${ROOT}README.md`);
  for (const [, body] of text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))) {
    if (body?.includes(mark)) return body;
  }
  throw new Error(`no ${language} block with ${mark}`);
}

Deno.test("the README's own tree plugin, outside the repository, is loaded by path and carries a stream", async () => {
  await withNet({ neighbors: { o: ["n1"], n1: ["n2"], n2: ["v"] } }, async (net) => {
    await Deno.mkdir(`${net.folder}/my-tree`);
    await Deno.writeTextFile(
      `${net.folder}/my-tree/mod.ts`,
      await readmeBlock("ts", "my-tree/mod.ts"),
    );
    const own = (parent?: string): Use => ({
      use: "./my-tree/mod.ts",
      with: parent === undefined ? {} : { parent },
    });
    const folder = `${ROOT}config/clips`;
    net.bootstrap();
    net.start("o", [{ use: "origin" }, { use: "cbr-source", with: { folder } }, own()]);
    net.relay("n1", {}, [own("o")]);
    net.pop("n2", {}, [own("n1")]);
    net.viewer("v", [{ stream: "o/garden" }], [{ use: "stats-sink" }, own()]);
    await net.ready();
    const session = await net.session("v", "to receive", (one) => one.packets > 200);
    assert.equal(session.lost, 0);
    assert.equal(await net.parentOf("n2", "o/garden"), "n1");
    const plugins = await net.fleet.get("n2").ask<{ name: string; slot: string }[]>(
      "/api/v1/plugins",
    );
    assert.ok(plugins.some((one) => one.slot === "tree" && one.name === "my-tree"));
  });
});

Deno.test("two nodes on one host cannot take one admin port: the second says so and exits 2", async () => {
  await withNet({}, async (net) => {
    const port = freePort();
    const admin = { admin: { listen: `127.0.0.1:${port}` } };
    const first = net.start("r1", [{ use: "relay" }], admin);
    await until("the first node", async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
      await answer.body?.cancel();
      return answer.ok;
    });
    const second = net.start("r2", [{ use: "relay" }], admin);
    assert.equal((await second.exited).code, 2);
    assert.match(second.log.join("\n"), new RegExp(`admin\\.listen: Cannot .*${port}.*in use`));
    assert.equal((await first.stop()).code, 0);
  });
});
