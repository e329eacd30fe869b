/** RIST and RTP between Espalier and the tools that others use. */
import { until } from "../../cli/fleet.ts";
import { testPorts } from "../../core/host/testing.ts";
import type { StreamName } from "../../core/ids.ts";
import type { Ports } from "../../core/ports.ts";
import { seededRng } from "../../core/rng.ts";
import type { SinkSession } from "../../core/slots.ts";
import { numberedStream } from "./clips.ts";
import { needing } from "./net.ts";
import { makeRistSink, makeRistSource } from "./rist_rig.ts";
import { arrivesWhole, Ear, evenPorts, Feeder, Tool } from "./tools.ts";

const RATE = 3_000_000;
const SECONDS = 5;
const LOSS = 0.1;

/** Ports whose sockets lose this share of datagrams, both ways. */
function lossyPorts(seed: number, share: number): Ports {
  const ports = testPorts();
  const rng = seededRng(seed);
  return {
    ...ports,
    net: {
      ...ports.net,
      udp: async (bind, options) => {
        const socket = await ports.net.udp(bind, options);
        return {
          local: socket.local,
          send: (to, bytes) => rng.next() < share ? undefined : socket.send(to, bytes),
          onPacket: (fn) =>
            socket.onPacket((from, bytes) => rng.next() < share ? undefined : fn(from, bytes)),
          [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
        };
      },
    },
  };
}

const never = () => new AbortController().signal;

/** Runs a RIST source and gives what it puts out to the test. */
async function withSource(
  port: number,
  loss: number,
  fn: (pieces: Uint8Array[]) => Promise<void>,
): Promise<void> {
  const source = makeRistSource(lossyPorts(21, loss), { listen: `127.0.0.1:${port}` });
  const pieces: Uint8Array[] = [];
  await source.start(never());
  const stream = source.open("rist", { push: (bytes) => void pieces.push(bytes), end: () => {} });
  try {
    await fn(pieces);
  } finally {
    await stream[Symbol.asyncDispose]();
    await source.stop();
  }
}

/** Runs a RIST sink with one session that is fed at a constant rate. */
async function withSink(
  port: number,
  loss: number,
  fn: (feeder: Feeder, session: SinkSession) => Promise<void>,
): Promise<void> {
  const sink = makeRistSink(lossyPorts(22, loss), { to: `127.0.0.1:${port}` });
  await sink.start(never());
  const session = sink.open({ session: "s", stream: "o/x" as StreamName, title: "x" });
  const feeder = new Feeder(RATE, (payload, dueMs) => {
    const timestamp = Math.round(dueMs * 90) % 2 ** 32;
    session.push([{ payload, sequence: 0, timestamp, lostBefore: 0 }]);
  });
  try {
    await fn(feeder, session);
  } finally {
    await feeder[Symbol.asyncDispose]();
    await sink.stop();
  }
}

for (const loss of [0, LOSS]) {
  const over = loss === 0 ? "a clean link" : `${loss * 100} % loss each way`;

  Deno.test({
    ...needing(["ristsender"], `ristsender feeds a rist-source over ${over}: nothing is lost`),
    async fn() {
      const port = evenPorts(3);
      const input = port + 2;
      await withSource(port, loss, async (pieces) => {
        await using tool = new Tool("ristsender", [
          ...["-p", "0", "-S", "0"],
          ...["-i", `udp://@127.0.0.1:${input}`, "-o", `rist://127.0.0.1:${port}`],
        ]);
        await tool.printed(/reconnected|authenticated/i);
        await using feeder = Feeder.toPort(input, RATE);
        await until("media to flow", () => pieces.length > 50);
        const stream = numberedStream(1, SECONDS, RATE);
        await feeder.play(stream);
        await arrivesWhole("the source's output", pieces, stream);
      });
    },
  });

  Deno.test({
    ...needing(["ristreceiver"], `a rist-sink feeds ristreceiver over ${over}: nothing is lost`),
    async fn() {
      const port = evenPorts(3);
      await using ear = new Ear(port + 2);
      await using tool = new Tool("ristreceiver", [
        ...["-p", "0", "-S", "0"],
        ...["-i", `rist://@127.0.0.1:${port}`, "-o", `udp://127.0.0.1:${ear.port}`],
      ]);
      await tool.printed(/starting/i);
      await withSink(port, loss, async (feeder) => {
        await until("media to flow", () => ear.pieces.length > 50);
        const stream = numberedStream(2, SECONDS, RATE);
        await feeder.play(stream);
        await arrivesWhole("ristreceiver's output", ear.pieces, stream);
      });
    },
  });
}
