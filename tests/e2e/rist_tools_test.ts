/** RIST and RTP between Espalier and the tools that others use. */
import assert from "node:assert/strict";
import { until } from "../../cli/fleet.ts";
import { testPorts } from "../../core/host/testing.ts";
import type { StreamName } from "../../core/ids.ts";
import type { Ports } from "../../core/ports.ts";
import { seededRng } from "../../core/rng.ts";
import type { SinkSession } from "../../core/slots.ts";
import { isRtcp, rtpSsrc } from "../../core/wire/rtp.ts";
import { CLIP, numberedStream } from "./clips.ts";
import { hasProgram, needing, run } from "./net.ts";
import { joined, makeRistSink, makeRistSource } from "./rist_rig.ts";
import { arrivesWhole, Ear, evenPorts, Feeder, Tool } from "./tools.ts";

/** So low that a tool's receive buffer bridges a second. */
const RATE = 1_000_000;
/** Buffers of both ends: this machine may be busy with other things for a while. */
const SENDER_MS = 3000;
const RECEIVER_MS = 2000;
const SECONDS = 8;
const LOSS = 0.1;

/** Which datagrams a bad link may lose. */
type Losable = (bytes: Uint8Array) => boolean;
const anything: Losable = () => true;
/** Media that is sent for the first time: one repair is always enough. */
const originals: Losable = (bytes) => !isRtcp(bytes) && (rtpSsrc(bytes) & 1) === 0;

/** Ports whose sockets lose this share of datagrams, both ways. */
function lossyPorts(seed: number, share: number, losable = anything): Ports {
  const ports = testPorts();
  const rng = seededRng(seed);
  const lost = (bytes: Uint8Array) => losable(bytes) && rng.next() < share;
  return {
    ...ports,
    // The same SSRC and first number in every run: GStreamer 1.22 garbles requests for 40,960 to 49,151.
    rng: seededRng(seed),
    net: {
      ...ports.net,
      udp: async (bind, options) => {
        const socket = await ports.net.udp(bind, options);
        return {
          local: socket.local,
          send: (to, bytes) => lost(bytes) ? undefined : socket.send(to, bytes),
          onPacket: (fn) =>
            socket.onPacket((from, bytes) => lost(bytes) ? undefined : fn(from, bytes)),
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
  const source = makeRistSource(lossyPorts(21, loss), {
    listen: `127.0.0.1:${port}`,
    buffer: `${RECEIVER_MS}ms`,
  });
  const pieces: Uint8Array[] = [];
  await source.start(never());
  const stream = source.open("rist", { push: (bytes) => void pieces.push(bytes), end: () => {} });
  try {
    await fn(pieces);
  } catch (error) {
    console.log(
      "the source counted",
      source.admin?.[0]?.handle({ params: {}, query: {}, body: {} }),
    );
    throw error;
  } finally {
    await stream[Symbol.asyncDispose]();
    await source.stop();
  }
}

/** Whether the sink's receiver answers. */
function up(session: SinkSession): boolean {
  const status = session.status();
  return "receiver" in status && status.receiver === "answers";
}

/** Runs a RIST sink with one session that is fed at a constant rate. */
async function withSink(
  port: number,
  loss: number,
  fn: (feeder: Feeder, session: SinkSession) => Promise<void>,
  losable = anything,
): Promise<void> {
  const sink = makeRistSink(lossyPorts(22, loss, losable), {
    to: `127.0.0.1:${port}`,
    buffer: `${SENDER_MS}ms`,
  });
  await sink.start(never());
  const session = sink.open({ session: "s", stream: "o/x" as StreamName, title: "x" });
  const feeder = new Feeder(RATE, (payload, dueMs) => {
    const timestamp = Math.round(dueMs * 90) % 2 ** 32;
    session.push([{ payload, sequence: 0, timestamp, lostBefore: 0 }]);
  });
  try {
    await fn(feeder, session);
  } catch (error) {
    console.log("the sink counted", session.status());
    throw error;
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
          ...["-p", "0", "-S", "0", "-b", `${SENDER_MS}`],
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
      await using ear = await Ear.at(port + 2);
      await using tool = new Tool("ristreceiver", [
        ...["-p", "0", "-S", "0", "-b", `${RECEIVER_MS}`],
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

/** `needing` for GStreamer with some of its elements. */
async function needingElements(elements: readonly string[], name: string) {
  const tool = needing(["gst-launch-1.0", "gst-inspect-1.0"], name);
  if (tool.ignore) return tool;
  for (const element of elements) {
    const { code } = await run("gst-inspect-1.0", ["--exists", element]);
    if (code !== 0) return { name: `${name} (ignored: no element ${element})`, ignore: true };
  }
  return tool;
}

Deno.test({
  ...await needingElements(
    ["rtpmp2tpay", "ristsink"],
    "GStreamer's ristsink feeds a rist-source over 10 % loss each way: nothing is lost",
  ),
  async fn() {
    const port = evenPorts(3);
    const input = port + 2;
    await withSource(port, LOSS, async (pieces) => {
      const from = `udpsrc address=127.0.0.1 port=${input} ` +
        "caps=video/mpegts,systemstream=true,packetsize=188";
      await using _tool = new Tool(
        "gst-launch-1.0",
        `-q ${from} ! rtpmp2tpay ! ristsink address=127.0.0.1 port=${port} sender-buffer=${SENDER_MS}`
          .split(" "),
      );
      await using feeder = Feeder.toPort(input, RATE);
      await until("media to flow", () => pieces.length > 50);
      const stream = numberedStream(3, SECONDS, RATE);
      await feeder.play(stream);
      await arrivesWhole("the source's output", pieces, stream);
    });
  },
});

Deno.test({
  ...await needingElements(
    ["ristsrc", "rtpmp2tdepay"],
    "a rist-sink feeds GStreamer's ristsrc while 10 % of the media is lost: all is repaired",
  ),
  async fn() {
    const port = evenPorts(3);
    await using ear = await Ear.at(port + 2);
    await using _tool = new Tool(
      "gst-launch-1.0",
      `-q ristsrc address=127.0.0.1 port=${port} receiver-buffer=${RECEIVER_MS} ! rtpmp2tdepay ! udpsink host=127.0.0.1 port=${ear.port}`
        .split(" "),
    );
    await withSink(port, LOSS, async (feeder) => {
      await until("media to flow", () => ear.pieces.length > 50);
      const stream = numberedStream(4, SECONDS, RATE);
      await feeder.play(stream);
      await arrivesWhole("GStreamer's output", ear.pieces, stream);
      // In its first seconds GStreamer asks for a packet once only: repairs are spared.
    }, originals);
  },
});

/** Whether this ffmpeg speaks RIST. */
async function needingRistInFfmpeg(name: string) {
  if (!hasProgram("ffmpeg")) return needing(["ffmpeg"], name);
  const { stdout } = await run("ffmpeg", ["-hide_banner", "-protocols"]);
  const ignore = !/^\s*rist$/m.test(stdout);
  return { name: ignore ? `${name} (ignored: this ffmpeg has no RIST)` : name, ignore };
}

/** What ffmpeg finds wrong in a transport stream; nothing when every frame decodes. */
async function decodeErrors(ts: Uint8Array): Promise<string> {
  const file = await Deno.makeTempFile({ prefix: "espalier-interop-", suffix: ".mpegts" });
  try {
    await Deno.writeFile(file, ts);
    const args = ["-v", "error", "-xerror", "-i", file, "-map", "0", "-f", "null", "-"];
    const { code, stderr } = await run("ffmpeg", args);
    return code === 0 ? stderr : `exit code ${code}: ${stderr}`;
  } finally {
    await Deno.remove(file);
  }
}

/** Waits until nothing has been added for `forMs`. */
async function quiet(pieces: readonly Uint8Array[], forMs: number): Promise<void> {
  let count = -1;
  let sinceMs = 0;
  await until("the output to end", () => {
    if (pieces.length !== count) [count, sinceMs] = [pieces.length, performance.now()];
    return performance.now() - sinceMs >= forMs;
  });
}

Deno.test({
  ...await needingRistInFfmpeg("ffmpeg sends a clip by RIST to a rist-source: every frame decodes"),
  async fn() {
    const port = evenPorts(2);
    await withSource(port, 0, async (pieces) => {
      await using tool = new Tool("ffmpeg", [
        ...["-nostdin", "-re", "-i", CLIP, "-t", "5", "-map", "0", "-c", "copy"],
        ...["-f", "mpegts", "-rist_profile", "simple", `rist://127.0.0.1:${port}`],
      ]);
      await tool.printed(/muxing overhead/);
      await quiet(pieces, 2 * RECEIVER_MS);
      const output = joined(pieces);
      assert.ok(output.length > 200_000, `${output.length} bytes`);
      assert.equal(await decodeErrors(output), "");
    });
  },
});

Deno.test({
  ...await needingRistInFfmpeg("ffmpeg plays a clip from a rist-sink: every frame decodes"),
  async fn() {
    const port = evenPorts(2);
    const playing = run("ffmpeg", [
      ...["-nostdin", "-v", "error", "-xerror", "-rist_profile", "simple", "-f", "mpegts"],
      ...["-i", `rist://@127.0.0.1:${port}`, "-t", "4", "-map", "0", "-f", "null", "-"],
    ]);
    await withSink(port, 0, async (feeder, session) => {
      await until("ffmpeg to answer", () => up(session));
      await feeder.play(await Deno.readFile(CLIP));
      const { code, stderr } = await playing;
      // It says of every live input that it cannot go back.
      const wrong = stderr.split("\n").filter((line) => !/^$|Unable to seek back/.test(line));
      assert.deepEqual({ code, wrong }, { code: 0, wrong: [] });
    });
  },
});
