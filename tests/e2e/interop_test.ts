/** Whole networks between other people's tools: RIST in and out, RTP players, packet analysis. */
import assert from "node:assert/strict";
import { until } from "../../cli/fleet.ts";
import { numberedStream } from "./clips.ts";
import { needing, run, withNet } from "./net.ts";
import { arrivesWhole, Ear, evenPorts, Feeder, Tool } from "./tools.ts";

const RATE = 3_000_000;
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
      net.origin("o", [{ use: "rist-source", with: { listen: `127.0.0.1:${listen}` } }]);
      net.relay("r1", {}, lossy("5%"));
      net.pop("r2", {}, lossy("5%"));
      await net.ready();
      await using ear = new Ear(to + 2);
      await using receiver = new Tool("ristreceiver", [
        ...["-p", "0", "-S", "0"],
        ...["-i", `rist://@127.0.0.1:${to}`, "-o", `udp://127.0.0.1:${ear.port}`],
      ]);
      await receiver.printed(/starting/i);
      await using sender = new Tool("ristsender", [
        ...["-p", "0", "-S", "0"],
        ...["-i", `udp://@127.0.0.1:${listen + 2}`, "-o", `rist://127.0.0.1:${listen}`],
      ]);
      await sender.printed(/reconnected|authenticated/i);
      await using feeder = Feeder.toPort(listen + 2, RATE);
      net.viewer("v", [{ stream: "o/rist" }], [
        { use: "rist-sink", with: { to: `127.0.0.1:${to}` } },
      ]);
      await until("media to flow", () => ear.pieces.length > 50, 30_000);
      const stream = numberedStream(5, 10, RATE);
      await feeder.play(stream);
      await arrivesWhole("ristreceiver's output", ear.pieces, stream, 20_000);
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
  /** Marks of malformed packets and of anything that an expert calls an error. */
  readonly marks: string;
}

/** What Wireshark makes of the packets at a UDP port. */
async function analyzed(file: string, port: number): Promise<readonly Seen[]> {
  const fields = [
    ...["frame.protocols", "rtp.p_type", "rtcp.pt", "_ws.malformed", "_ws.expert.message"],
    ...["rtp.ssrc"],
  ];
  const { code, stdout, stderr } = await run("tshark", [
    ...["-r", file, "-d", `udp.port==${port},rtp`, "-T", "fields"],
    ...fields.flatMap((field) => ["-e", field]),
  ]);
  assert.equal(code, 0, stderr);
  return stdout.trimEnd().split("\n").map((line) => {
    const [protocols = "", rtpType = "", rtcpTypes = "", malformed = "", expert = ""] = line
      .split("\t");
    return { protocols, rtpType, rtcpTypes, marks: [malformed, expert].filter(Boolean).join(": ") };
  });
}

Deno.test({
  ...await needingCapture(
    [],
    "Wireshark reads all media as RTP with MPEG-TS and all feedback as RTCP",
  ),
  async fn() {
    const media = evenPorts(1);
    await withNet({ neighbors: LINE }, async (net) => {
      const path = `${net.folder}/source.mpegts`;
      await Deno.writeFile(path, numberedStream(6, 6, RATE));
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
      net.start("r1", [{ use: "relay" }, ...lossy("5%")], {
        ports: { control: 0, keepalive: 0, media },
      });
      net.pop("r2");
      await net.ready();
      net.viewer("v", [{ stream: "o/clip" }], [{ use: "stats-sink" }]);
      const session = await net.session("v", "to see the end", (one) => one.ended, 40_000);
      assert.equal(session.lost, 0);
      await capture.end();
      const seen = await analyzed(file, media);
      const kinds = new Map<string, number>();
      for (const { protocols, rtpType, rtcpTypes, marks } of seen) {
        const kind = `${protocols} ${rtpType} ${rtcpTypes} ${marks}`;
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
      for (const k of kinds) if (!/missing TS/.test(k[0])) console.log(k);
    });
  },
});
