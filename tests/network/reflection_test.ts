/** A forger of source addresses, against every port of whole nodes that carry a stream. */
import assert from "node:assert/strict";
import type { NodeName } from "../../core/ids.ts";
import type { Addr, Plane } from "../../core/ports.ts";
import { sampleBody } from "../../core/wire/arbitrary.ts";
import { type AnyEnvelope, encode, MESSAGE_TYPES } from "../../core/wire/control_codec.ts";
import { Network } from "./network.ts";

/** The third party in whose name is forged; it runs nothing. */
const VICTIM = "victim";
const PORTS: readonly { readonly plane: Plane; readonly port: number }[] = [
  { plane: "control", port: 6000 },
  { plane: "keepalive", port: 6001 },
  { plane: "media", port: 7000 },
];

function controlMessages(): Map<string, Uint8Array> {
  return new Map(MESSAGE_TYPES.flatMap((type): [string, Uint8Array][] => {
    const envelope = {
      type,
      from: "v9" as NodeName,
      instance: 1,
      seq: 7,
      body: sampleBody(type),
      token: new Uint8Array(8).fill(5),
      mine: new Uint8Array(8).fill(6),
    };
    const bytes = encode(envelope as unknown as AnyEnvelope, 1 << 20);
    return bytes.length > 1200 ? [] : [[type, bytes]];
  }));
}

/** Everything that a sniffer between two honest nodes has seen of the other planes, kept to be sent again. */
async function overheard(net: Network): Promise<Map<string, Uint8Array>> {
  const seen = new Map<string, Uint8Array>();
  using _sniffer = net.world.sniff((_from, to, bytes, _fate, plane) => {
    if (to.host !== "r1" || plane === "control") return;
    const kind = bytes[1] ?? 0;
    seen.set(`${plane} kind ${kind} of ${bytes.length} bytes`, bytes);
  });
  net.crash("v");
  await net.restart("v");
  await net.world.runFor(4000);
  return seen;
}

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
