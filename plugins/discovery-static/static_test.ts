import assert from "node:assert/strict";
import { checkConfig } from "../../core/define.ts";
import type { NodeName } from "../../core/ids.ts";
import { ConfigError } from "../../core/plugin.ts";
import type { Registration } from "../../core/slots.ts";
import { config } from "./config.ts";
import { StaticDiscovery } from "./protocol.ts";

function registration(name: string): Registration {
  const at = { host: "127.0.0.1", port: 1 };
  const peer = {
    name: name as NodeName,
    instance: 1,
    roles: ["relay"],
    pop: false,
    control: at,
    keepalive: at,
    media: at,
  };
  return { peer, rttMs: new Map(), registeredMs: 0 };
}

Deno.test("the map counts for both sides, for whoever is there", () => {
  const discovery = new StaticDiscovery({ n1: ["n2", "n3"], n4: ["n1"] }, () => {});
  const assigned = discovery.assign(["n1", "n2", "n4"].map(registration));
  assert.deepEqual(Object.fromEntries(assigned), { n1: ["n2", "n4"], n2: ["n1"], n4: ["n1"] });
});

Deno.test("a node that is not in the map is told of once and has no neighbor", () => {
  const strangers: string[] = [];
  const discovery = new StaticDiscovery({ n1: ["n2"] }, (name) => strangers.push(name));
  for (let i = 0; i < 3; i++) {
    const assigned = discovery.assign(["n1", "x"].map(registration));
    assert.deepEqual(assigned.get("x" as NodeName), []);
  }
  assert.deepEqual(strangers, ["x"]);
});

Deno.test("a node that is its own neighbor is a config error with its path", () => {
  assert.throws(() => checkConfig(config, { neighbors: { n1: ["n2", "n1"] } }), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.deepEqual(error.issues[0]?.path, ["neighbors", "n1", 1]);
    return true;
  });
});
