/** Whole networks between other people's tools: RIST in and out, RTP players, packet analysis. */
import assert from "node:assert/strict";
import { until } from "../../cli/fleet.ts";
import { CLIP, numberedStream } from "./clips.ts";
import { needing, run, withNet } from "./net.ts";
import { arrivesWhole, Ear, evenPorts, Feeder, Tool } from "./tools.ts";

/** So low that a tool's receive buffer bridges a second. */
const RATE = 1_000_000;
/** Buffers of both ends and of each hop: this machine may be busy with other things for a while. */
const SENDER_MS = 3000;
const RECEIVER_MS = 2000;
const PATIENT = { use: "exchange", with: { repair: "2s" } };
const LINE = { o: ["r1"], r1: ["r2"], r2: ["v"] };

/** A relay whose media is lost on its way out. */
const lossy = (loss: string) => [{
  use: "chaos",
  with: { seed: 5, rules: [{ id: "lossy", direction: "out", planes: ["media"], loss }] },
}];

Deno.test({
  ...needing(
    ["ristsender", "ristreceiver"],
    "ristsender, origin, two relays that lose 5 % each, viewer, ristreceiver: output equals input",
  ),
  async fn() {
    const [listen, to] = [evenPorts(3), evenPorts(3)];
    await withNet({ neighbors: LINE }, async (net) => {
      net.bootstrap();
      net.origin("o", [{
        use: "rist-source",
        with: { listen: `127.0.0.1:${listen}`, buffer: `${RECEIVER_MS}ms` },
      }]);
      net.relay("r1", {}, [...lossy("5%"), PATIENT]);
      net.pop("r2", {}, [...lossy("5%"), PATIENT]);
      await net.ready();
      await using ear = await Ear.at(to + 2);
      await using receiver = new Tool("ristreceiver", [
        ...["-p", "0", "-S", "0", "-b", `${RECEIVER_MS}`],
        ...["-i", `rist://@127.0.0.1:${to}`, "-o", `udp://127.0.0.1:${ear.port}`],
      ]);
      await receiver.printed(/starting/i);
      await using sender = new Tool("ristsender", [
        ...["-p", "0", "-S", "0", "-b", `${SENDER_MS}`],
        ...["-i", `udp://@127.0.0.1:${listen + 2}`, "-o", `rist://127.0.0.1:${listen}`],
      ]);
      await sender.printed(/reconnected|authenticated/i);
      await using feeder = Feeder.toPort(listen + 2, RATE);
      net.viewer("v", [{ stream: "o/rist", budget: "3s" }], [
        PATIENT,
        { use: "rist-sink", with: { to: `127.0.0.1:${to}`, buffer: `${SENDER_MS}ms` } },
      ]);
      await until("media to flow", () => ear.pieces.length > 50, 30_000);
      const stream = numberedStream(5, 10, RATE);
      await feeder.play(stream);
      try {
        await arrivesWhole("ristreceiver's output", ear.pieces, stream, 20_000);
      } catch (error) {
        console.log(
          "the source counted",
          await net.fleet.get("o").ask("/api/v1/sources/rist-source"),
        );
        console.log("the session counted", await net.sessions("v"));
        console.log("ristreceiver said", receiver.log.slice(-1500));
        throw error;
      }
      for (const relay of ["r1", "r2"]) {
        const { rules } = await net.fleet.get(relay).ask<{ rules: readonly { lost: number }[] }>(
          "/api/v1/chaos",
        );
        assert.ok((rules[0]?.lost ?? 0) > 40, `${relay} lost too little to prove anything`);
      }
    });
  },
});

/** `needing` for tshark, and the right to listen at the loopback interface. */
async function needingCapture(programs: readonly string[], name: string) {
  const tools = needing(["tshark", "dumpcap", ...programs], name);
  if (tools.ignore) return tools;
  const { code } = await run("dumpcap", ["-L", "-i", "lo"]);
  return code === 0 ? tools : { name: `${name} (ignored: capturing is not allowed)`, ignore: true };
}

/** One packet as Wireshark sees it. */
interface Seen {
  readonly protocols: string;
  readonly rtpType: string;
  readonly rtcpTypes: string;
  readonly ssrc: number;
  /** What is malformed, and whatever an expert remarks. */
  readonly marks: string;
}

/** Says that packets were lost on this link, which is so. */
const LOSS_REMARK = /Detected \d+ missing TS frames before this \([^)]*\),?/g;

/** What Wireshark makes of the packets at a UDP port. */
async function analyzed(file: string, port: number): Promise<readonly Seen[]> {
  const fields = [
    ...["frame.protocols", "rtp.p_type", "rtcp.pt", "rtp.ssrc", "_ws.malformed"],
    "_ws.expert.message",
  ];
  const { code, stdout, stderr } = await run("tshark", [
    ...["-r", file, "-d", `udp.port==${port},rtp`, "-T", "fields"],
    ...fields.flatMap((field) => ["-e", field]),
  ]);
  assert.equal(code, 0, stderr);
  return stdout.trimEnd().split("\n").map((line) => {
    const [protocols = "", rtpType = "", rtcpTypes = "", ssrc = "", malformed = "", remarks = ""] =
      line.split("\t");
    const marks = `${malformed} ${remarks.replaceAll(LOSS_REMARK, "")}`.trim();
    return { protocols, rtpType, rtcpTypes, ssrc: Number(ssrc), marks };
  });
}

Deno.test({
  ...await needingCapture(
    [],
    "Wireshark reads all media of a lossy hop as RTP with MPEG-TS and all feedback as RTCP",
  ),
  async fn() {
    const media = evenPorts(1);
    await withNet({ neighbors: LINE }, async (net) => {
      const path = `${net.folder}/source.mpegts`;
      await Deno.writeFile(path, numberedStream(6, 6, 3 * RATE));
      const file = `${net.folder}/hop.pcap`;
      await using capture = new Tool("tshark", [
        ...["-i", "lo", "-f", `udp port ${media}`, "-w", file],
      ]);
      await capture.printed(/Capturing on/);
      net.bootstrap();
      net.origin("o", [{
        use: "cbr-source",
        with: { files: [{ path, name: "clip", loop: false }] },
      }]);
      // Its one media port has the hop before it and the hop after it.
      net.start("r1", [{ use: "relay" }, ...lossy("5%")], {
        ports: { control: 0, keepalive: 0, media },
      });
      net.pop("r2");
      await net.ready();
      net.viewer("v", [{ stream: "o/clip" }], [{ use: "stats-sink" }]);
      await net.session("v", "to see the end", (one) => one.ended, 40_000);
      await capture.end();
      const seen = await analyzed(file, media);
      const isMedia = (one: Seen) => /:rtp:mp2t/.test(one.protocols) && one.rtpType === "33";
      const isFeedback = (one: Seen) => /:rtp:rtcp$/.test(one.protocols);
      const others = seen.filter((one) => one.marks !== "" || !(isMedia(one) || isFeedback(one)));
      assert.deepEqual(others.slice(0, 5), []);
      const repairs = seen.filter((one) => isMedia(one) && one.ssrc % 2 === 1).length;
      const requests = seen.filter((one) => one.rtcpTypes.split(",").includes("205")).length;
      const counted = `${seen.length} packets, ${repairs} repairs, ${requests} requests`;
      assert.ok(seen.length > 2000 && repairs > 20 && requests > 20, counted);
      for (const type of ["200", "201", "202"]) {
        assert.ok(seen.some((one) => one.rtcpTypes.split(",").includes(type)), `no RTCP ${type}`);
      }
    });
  },
});

/** A media packet: RTP header and seven TS packets. */
const MEDIA_BYTES = 1328;

/** The UDP payloads of a capture that fit a display filter. */
async function payloads(file: string, port: number, filter: string): Promise<Uint8Array[]> {
  const { code, stdout, stderr } = await run("tshark", [
    ...[
      "-r",
      file,
      "-d",
      `udp.port==${port},rtp`,
      "-Y",
      filter,
      "-T",
      "fields",
      "-e",
      "udp.payload",
    ],
  ]);
  assert.equal(code, 0, stderr);
  return stdout.trim().split("\n").flatMap((line) => cut(decodeHex(line)));
}

/** Packets sent together are captured on the loopback as one datagram, before anybody has cut it: media of one length. */
function cut(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += MEDIA_BYTES) {
    const piece = bytes.slice(at, at + MEDIA_BYTES);
    if (at === 0 || (((piece[1] ?? 0) & 0x7f) === 33 && ((piece[11] ?? 0) & 1) === 0)) {
      pieces.push(piece);
    }
  }
  return pieces;
}

const decodeHex = (hex: string) =>
  Uint8Array.from(hex.match(/../g) ?? [], (digits) => parseInt(digits, 16));

/** Whether somebody listens at a UDP port. */
async function isBound(port: number): Promise<boolean> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const tables = ["/proc/net/udp", "/proc/net/udp6"].map((path) => Deno.readTextFile(path));
  return (await Promise.all(tables)).some((table) =>
    new RegExp(`:${hex} [0-9A-F]+:0000`).test(table)
  );
}

/** GStreamer and ffmpeg, waiting for RTP at a port each. */
class Players implements AsyncDisposable {
  readonly gstPort = evenPorts(2);
  readonly ffmpegPort = evenPorts(2);
  readonly gst: Tool;
  readonly ffmpeg: Promise<{ readonly code: number; readonly stderr: string }>;

  private constructor(readonly ear: Ear, folder: string) {
    const caps = "application/x-rtp,media=video,encoding-name=MP2T,payload=33,clock-rate=90000";
    this.gst = new Tool("gst-launch-1.0", [
      ...["-q", "udpsrc", "address=127.0.0.1", `port=${this.gstPort}`, `caps=${caps}`],
      ..."! rtpmp2tdepay ! udpsink host=127.0.0.1".split(" "),
      `port=${this.ear.port}`,
    ]);
    const sdp = `${folder}/${this.ffmpegPort}.sdp`;
    Deno.writeTextFileSync(
      sdp,
      "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n" +
        `m=video ${this.ffmpegPort} RTP/AVP 33\n`,
    );
    this.ffmpeg = run("ffmpeg", [
      ...["-nostdin", "-v", "error", "-xerror", "-protocol_whitelist", "file,udp,rtp", "-i", sdp],
      ...["-t", "4", "-map", "0", "-f", "null", "-"],
    ]);
  }

  /** Starts both and waits until they listen. */
  static async start(folder: string): Promise<Players> {
    const players = new Players(await Ear.at(evenPorts(1)), folder);
    const { gstPort, ffmpegPort } = players;
    await until(
      "GStreamer and ffmpeg to listen",
      async () => await isBound(gstPort) && await isBound(ffmpegPort),
    );
    return players;
  }

  /** GStreamer has put out the whole clip, ffmpeg has decoded without an error. */
  async played(clip: Uint8Array): Promise<void> {
    await arrivesWhole("GStreamer's output", this.ear.pieces, clip, 20_000);
    const { code, stderr } = await this.ffmpeg;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gst[Symbol.asyncDispose]();
    await this.ear[Symbol.asyncDispose]();
  }
}

Deno.test({
  ...await needingCapture(
    ["gst-launch-1.0", "ffmpeg"],
    "GStreamer and ffmpeg play from a udp-sink, and the very packets of a hop",
  ),
  async fn() {
    const clip = await Deno.readFile(CLIP);
    const media = evenPorts(1);
    await withNet({ neighbors: LINE }, async (net) => {
      const file = `${net.folder}/hop.pcap`;
      await using capture = new Tool("tshark", [
        ...["-i", "lo", "-f", `udp src port ${media}`, "-w", file],
      ]);
      await capture.printed(/Capturing on/);
      net.bootstrap();
      net.origin("o", [{
        use: "cbr-source",
        with: { files: [{ path: CLIP, name: "clip", loop: false }] },
      }]);
      net.relay("r1");
      const ports = { control: 0, keepalive: 0, media };
      net.start("r2", [{ use: "relay", with: { pop: true } }], { ports });
      await net.ready();
      await using behind = await Players.start(net.folder);
      const rtp = (port: number) => ({ to: `127.0.0.1:${port}`, format: "rtp" });
      net.viewer("v", [{ stream: "o/clip" }], [
        { use: "udp-sink", id: "to-gst", with: rtp(behind.gstPort) },
        { use: "udp-sink", id: "to-ffmpeg", with: rtp(behind.ffmpegPort) },
      ]);
      await behind.played(clip);
      await net.session("v", "to see the end", (one) => one.ended, 20_000);
      await capture.end();
      const packets = await payloads(file, media, "rtp.p_type == 33 && rtp.ssrc & 1 == 0");
      await using atHop = await Players.start(net.folder);
      await replay(packets, [atHop.gstPort, atHop.ffmpegPort]);
      await atHop.played(clip);
    });
  },
});

/** Sends packets to ports of this machine at the rate they were made for. */
async function replay(packets: readonly Uint8Array[], ports: readonly number[]): Promise<void> {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const startMs = performance.now();
  const stampMs = (packet: Uint8Array | undefined) =>
    packet === undefined ? 0 : new DataView(packet.buffer).getUint32(4) / 90;
  try {
    for (const packet of packets) {
      const dueMs = startMs + stampMs(packet) - stampMs(packets[0]);
      const waitMs = dueMs - performance.now();
      if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
      for (const port of ports) {
        await socket.send(packet, { transport: "udp", hostname: "127.0.0.1", port });
      }
    }
  } finally {
    socket.close();
  }
}
