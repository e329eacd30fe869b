/**
 * A forger on real sockets. What it sends in another's name it sends from an address of its own that never answers
 * (on loopback any 127/8 address can be bound), so everything that comes back there is what a victim would get.
 */
import assert from "node:assert/strict";
import { controlMessages, overheard } from "../network/forged.ts";
import { Network } from "../network/network.ts";
import { numberedStream } from "./clips.ts";
import { withNet } from "./net.ts";

const VICTIM = "127.0.0.9";
const TIMES = 3;

/** A socket at the victim's address that counts what reaches it. */
class Victim implements AsyncDisposable {
  readonly #socket = Deno.listenDatagram({ transport: "udp", hostname: VICTIM, port: 0 });
  readonly #reading = this.#read();
  receivedBytes = 0;

  async #read(): Promise<void> {
    for await (const [bytes] of this.#socket) this.receivedBytes += bytes.length;
  }

  async send(bytes: Uint8Array, port: number): Promise<void> {
    await this.#socket.send(bytes, { transport: "udp", hostname: "127.0.0.1", port });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#reading;
  }
}

/** Kinds of packets as the seeded world carries them; the wire is the same. */
async function kinds(): Promise<Map<string, Uint8Array>> {
  const net = new Network({ seed: 1, neighbors: { o: ["r1"], r1: ["v"] } });
  await net.bootstrap();
  await net.origin("o");
  await net.relay("r1", { pop: true });
  await net.viewer("v", ["o/s"]);
  await net.world.when("the stream flows", () => net.record("v/s0").received > 50, 20_000);
  return new Map([...controlMessages(), ...await overheard(net)]);
}

Deno.test("on real sockets, too, nobody gets more bytes than were sent in his name", async () => {
  const messages = await kinds();
  assert.ok(messages.size > 30, `${messages.size} kinds`);
  await withNet({ neighbors: { o: ["r1"], r1: ["v"] } }, async (net) => {
    const path = `${net.folder}/source.mpegts`;
    await Deno.writeFile(path, numberedStream(9, 5, 2_000_000));
    net.bootstrap();
    net.origin("o", [{ use: "cbr-source", with: { files: [{ path, name: "clip" }] } }]);
    net.pop("r1");
    await net.ready();
    net.viewer("v", [{ stream: "o/clip" }], [{ use: "stats-sink" }]);
    await net.session("v", "to receive", (one) => one.packets > 100);
    const { addresses } = await net.fleet.get("r1").ask<{
      addresses: Record<"control" | "keepalive" | "media", { port: number }>;
    }>("/api/v1/node");
    const rows = [...messages].flatMap(([kind, bytes]) =>
      (["control", "keepalive", "media"] as const).map((plane) => ({ kind, bytes, plane }))
    );
    await using victims = new AsyncDisposableStack();
    // A fresh port each time: limits per address must not hide a reflection.
    const tried = rows.map((row) => ({ ...row, victim: victims.use(new Victim()) }));
    for (const { victim, bytes, plane } of tried) {
      for (let n = 0; n < TIMES; n++) await victim.send(bytes, addresses[plane].port);
    }
    // What a stream that started for a stranger would send in three seconds is far beyond every bound below.
    const { packets } = (await net.sessions("v"))[0] ?? { packets: 0 };
    const { lost } = await net.session("v", "3 s more", (one) => one.packets > packets + 540);
    for (const { victim, kind, bytes, plane } of tried) {
      assert.ok(
        victim.receivedBytes <= TIMES * bytes.length,
        `${kind} at the ${plane} port: ${victim.receivedBytes} bytes for ${TIMES * bytes.length}`,
      );
    }
    assert.ok(tried.some(({ victim }) => victim.receivedBytes > 0), "somebody was answered");
    assert.equal(lost, 0);
  });
});
