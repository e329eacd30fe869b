import assert from "node:assert/strict";
import { checkConfig } from "../../core/define.ts";
import { seededRng } from "../../core/rng.ts";
import { ruleConfig } from "./config.ts";
import { ChaosRules } from "./protocol.ts";

const remote = { host: "127.0.0.1", port: 7000 };
const rulesOf = (...raw: object[]) =>
  new ChaosRules(raw.map((one) => checkConfig(ruleConfig, one)), seededRng(1));

Deno.test("the first rule that fits decides, and where none fits the packet is left alone", () => {
  const rules = rulesOf(
    { id: "a", planes: ["media"], direction: "out", delay: "5ms" },
    { id: "b", planes: ["media"], down: true },
  );
  assert.deepEqual(rules.plan("out", "media", remote, 100, 0)?.delays, [5]);
  assert.deepEqual(rules.plan("in", "media", remote, 100, 0)?.delays, []);
  assert.equal(rules.plan("out", "control", remote, 100, 0), undefined);
});

Deno.test("host and ports narrow a rule to one remote", () => {
  const rules = rulesOf({ id: "a", host: "127.0.0.1", ports: [7000], down: true });
  assert.deepEqual(rules.plan("out", "media", remote, 100, 0)?.delays, []);
  assert.equal(rules.plan("out", "media", { ...remote, port: 7001 }, 100, 0), undefined);
  assert.equal(rules.plan("out", "media", { ...remote, host: "::1" }, 100, 0), undefined);
});

Deno.test("loss comes near its share and is counted", () => {
  const rules = rulesOf({ id: "a", loss: "10%" });
  for (let i = 0; i < 20_000; i++) rules.plan("out", "media", remote, 1328, i);
  const [status] = rules.status();
  assert.equal(status?.offered, 20_000);
  assert.ok(Math.abs((status?.lost ?? 0) / 20_000 - 0.1) < 0.01, `lost ${status?.lost}`);
});

Deno.test("a rule that is set again changes links in use; a removed one leaves them alone", () => {
  const rules = rulesOf({ id: "a", down: true });
  assert.deepEqual(rules.plan("out", "media", remote, 100, 0)?.delays, []);
  rules.set(checkConfig(ruleConfig, { id: "a", delay: "7ms" }));
  assert.deepEqual(rules.plan("out", "media", remote, 100, 0)?.delays, [7]);
  assert.equal(rules.remove("a"), true);
  assert.equal(rules.remove("a"), false);
  assert.equal(rules.plan("out", "media", remote, 100, 0), undefined);
});

Deno.test("a corrupted packet is a copy; the original stays", () => {
  const rules = rulesOf({ id: "a", corrupt: "100%" });
  const bytes = new Uint8Array(100);
  assert.equal(rules.plan("out", "media", remote, 100, 0)?.corrupt, true);
  assert.ok(rules.corrupted(bytes).some((byte) => byte !== 0));
  assert.ok(bytes.every((byte) => byte === 0));
});
