/** A forger of source addresses, against every port of whole nodes that carry a stream. */
import assert from "node:assert/strict";
import type { Addr, Plane } from "../../core/ports.ts";
import { controlMessages, overheard } from "./forged.ts";
import { Network } from "./network.ts";

/** The third party in whose name is forged; it runs nothing. */
const VICTIM = "victim";
const PORTS: readonly { readonly plane: Plane; readonly port: number }[] = [
  { plane: "control", port: 6000 },
  { plane: "keepalive", port: 6001 },
  { plane: "media", port: 7000 },
];

Deno.test("a forged source receives no more than was sent in its name, whatever the message and the port", async () => {
  const net = new Network({ seed: 1, neighbors: { o: ["r1"], r1: ["v"] } });
  const { world } = net;
  await net.bootstrap();
  await net.origin("o");
  await net.relay("r1", { pop: true });
  await net.viewer("v", ["o/s"]);
  await world.when("the stream flows", () => net.record("v/s0").received > 50, 20_000);
  world.host(VICTIM);
  const messages = new Map([...controlMessages(), ...await overheard(net)]);
  assert.ok(messages.size > 30, `${messages.size} kinds`);
  let forgedPort = 20_000;
  for (const [kind, bytes] of messages) {
    for (const { plane, port } of PORTS) {
      // A fresh port each time: limits per address must not hide a reflection.
      const from: Addr = { host: VICTIM, port: forgedPort++ };
      const before = world.totals("r1", VICTIM).bytesSent;
      for (let n = 0; n < 3; n++) world.inject(from, { host: "r1", port }, bytes, plane);
      await world.runFor(1500);
      const received = world.totals("r1", VICTIM).bytesSent - before;
      assert.ok(
        received <= 3 * bytes.length,
        `${kind} at the ${plane} port: ${received} bytes for ${3 * bytes.length}`,
      );
    }
  }
  assert.deepEqual(net.faults(), []);
  assert.equal(net.record("v/s0").lost, 0);
});
