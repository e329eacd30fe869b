import assert from "node:assert/strict";
import { parseConfig } from "./config.ts";
import { ConfigError } from "./plugin.ts";

const options = { file: "n1.yaml", env: (name: string) => name === "HOME_NAME" ? "n7" : undefined };
const GOOD = `name: n1
bootstrap: 127.0.0.1:5000
plugins:
  - use: relay
    with: { linger: 2s }
`;

function issuesFor(text: string, set: string[] = []): string {
  try {
    parseConfig(text, { ...options, set });
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message;
  }
  throw new Error("the config was accepted");
}

Deno.test("a good config gets the documented defaults", () => {
  const { config } = parseConfig(GOOD, options);
  assert.deepEqual(config.ports, { control: 6000, keepalive: 6001, media: 7000 });
  assert.deepEqual(config.bootstrap, { host: "127.0.0.1", port: 5000 });
  assert.equal(config.advertise, "127.0.0.1");
  assert.deepEqual(config.plugins, [{ use: "relay", id: undefined, with: { linger: "2s" } }]);
});

Deno.test("an unknown key names its path, its line and the closest known key", () => {
  assert.equal(
    issuesFor(GOOD.replace("bootstrap:", "bootstap:")),
    'n1.yaml:2:1: bootstap: unknown key (did you mean "bootstrap"?)',
  );
  assert.equal(
    issuesFor(GOOD.replace("    with:", "    wiht:")),
    'n1.yaml:5:5: plugins.0.wiht: unknown key (did you mean "with"?)',
  );
});

Deno.test("a wrong type names what is expected and what is there", () => {
  assert.match(
    issuesFor(GOOD.replace("name: n1", "name: [1]")),
    /^n1\.yaml:1:1: name: string expected, got a list$/,
  );
  assert.match(
    issuesFor(GOOD.replace("127.0.0.1:5000", "nowhere")),
    /^n1\.yaml:2:1: bootstrap: an address such as/,
  );
  assert.match(issuesFor("name: n1\n"), /plugins: array expected, missing/);
  assert.match(issuesFor("- a\n"), /object expected, got a list/);
  assert.match(issuesFor(""), /object expected/);
});

Deno.test("broken YAML is reported with its line", () => {
  assert.match(issuesFor("name: n1\nname: n2\n"), /^n1\.yaml:2:1: Map keys must be unique/);
  assert.match(issuesFor("name: [n1\n"), /^n1\.yaml:2:1: /);
});

Deno.test("text over 64 KiB and alias bombs are refused before they cost anything", () => {
  assert.match(issuesFor("#".repeat(65 * 1024)), /larger than 65536 bytes/);
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i < 9; i++) {
    const [p, q] = [String.fromCharCode(96 + i), String.fromCharCode(97 + i)];
    bomb.push(`${q}: &${q} [*${p}, *${p}, *${p}, *${p}, *${p}, *${p}, *${p}, *${p}]`);
  }
  assert.match(issuesFor(bomb.join("\n")), /[Aa]lias/);
});

Deno.test("the environment fills in ${NAME}, and a name that is not set is an error with its line", () => {
  assert.equal(parseConfig(GOOD.replace("n1", "${HOME_NAME}"), options).config.name, "n7");
  assert.equal(
    issuesFor(GOOD.replace("n1", "${NOT_SET}")),
    "n1.yaml:1:7: environment variable NOT_SET is not set",
  );
});

Deno.test("--set changes values by path, plugins by name or position", () => {
  const set = [
    "ports.control=0",
    "plugins.relay.with.linger=5s",
    "log.level=debug",
    "plugins.0.id=r",
  ];
  const { config } = parseConfig(GOOD, { ...options, set });
  assert.equal(config.ports.control, 0);
  assert.equal(config.log.level, "debug");
  assert.deepEqual(config.plugins, [{ use: "relay", id: "r", with: { linger: "5s" } }]);
  assert.match(issuesFor(GOOD, ["plugins.nobody.with.x=1"]), /no plugin "nobody"/);
  assert.match(issuesFor(GOOD, ["nonsense"]), /--set wants path=value/);
  assert.match(issuesFor(GOOD, ["name.x=1"]), /cannot be set here/);
});

Deno.test("__proto__ is an unknown key like any other", () => {
  assert.match(issuesFor(`${GOOD}__proto__: { polluted: true }\n`), /__proto__: unknown key/);
});
