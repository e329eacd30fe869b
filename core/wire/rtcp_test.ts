import assert from "node:assert/strict";
import fc from "fast-check";
import {
  APP_ESPALIER,
  GENERIC_NACK,
  ntpMiddle,
  readClockMs,
  readHead,
  RTCP,
  rtcpValid,
  RtcpWriter,
  walkNack,
  walkRangeNack,
  walkRtcp,
} from "./rtcp.ts";
import { readU32 } from "./rtp_bytes.ts";

/** Packet types of a compound. */
function types(bytes: Uint8Array): number[] {
  const found: number[] = [];
  walkRtcp(bytes, (type) => found.push(type));
  return found;
}

/** All numbers that the NACKs of a compound ask for. */
function asked(bytes: Uint8Array): number[] {
  const found: number[] = [];
  walkRtcp(bytes, (type, count, at, end) => {
    if (type !== RTCP.transportFeedback || count !== GENERIC_NACK) return;
    walkNack(bytes, at, end, (sequence) => {
      found.push(sequence);
      return true;
    });
  });
  return found;
}

Deno.test("a compound of everything is valid and in order", () => {
  const bytes = new RtcpWriter().reset().senderReport(2, 1234.5, 90_000, 7, 8).cname(2, "espalier")
    .head(2, 2 ** 40 + 5, 60).echoRequest(2, 98_765.25).bye(2).take();
  assert.ok(rtcpValid(bytes));
  assert.deepEqual(types(bytes), [200, 202, 204, 204, 203]);
  walkRtcp(bytes, (type, subtype, at) => {
    if (type !== RTCP.app) return;
    if (readU32(bytes, at + 8) === APP_ESPALIER) assert.equal(readHead(bytes, at), 2 ** 40 + 4);
    else if (subtype === 2) assert.ok(Math.abs(readClockMs(bytes, at + 12) - 98_765.25) < 1e-3);
  });
});

Deno.test("every set of missing numbers survives the way through a generic NACK", () => {
  const writer = new RtcpWriter();
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 40 }),
      fc.uniqueArray(fc.nat(2000), { minLength: 1, maxLength: 400 }),
      (base, offsets) => {
        const numbers = offsets.sort((a, b) => a - b).map((offset) => base + offset);
        const found: number[] = [];
        for (let start = 0; start < numbers.length;) {
          writer.reset().receiverReport(1).cname(1, "espalier");
          const used = writer.nack(1, 2, numbers, start);
          assert.ok(used > 0);
          start += used;
          const bytes = writer.take();
          assert.ok(rtcpValid(bytes) && bytes.length <= 1200);
          found.push(...asked(bytes));
        }
        assert.deepEqual(found, numbers.map((number) => number % 65_536));
      },
    ),
  );
});

Deno.test("a range NACK of 65,536 numbers ends when the reader has had enough", () => {
  const bytes = new Uint8Array(16);
  bytes.set([0x80, 204, 0, 3]);
  bytes.fill(255, 12);
  let seen = 0;
  walkRangeNack(bytes, 0, 16, () => ++seen < 10);
  assert.equal(seen, 10);
});

Deno.test("lengths that do not add up, foreign versions and false padding are refused", () => {
  const good = new RtcpWriter().reset().receiverReport(1).cname(1, "x").take();
  assert.ok(rtcpValid(good));
  const change = (at: number, value: number) => {
    const bytes = good.slice();
    bytes[at] = value;
    return bytes;
  };
  assert.ok(!rtcpValid(new Uint8Array(0)));
  assert.ok(!rtcpValid(good.subarray(0, good.length - 1)));
  assert.ok(!rtcpValid(change(0, 0x40)));
  assert.ok(!rtcpValid(change(3, 9)));
  assert.ok(!rtcpValid(change(1, 33)));
  assert.ok(!rtcpValid(change(0, 0xa0)), "padding before the end");
});

Deno.test("no bytes make a reader throw or leave its bounds", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
    if (!rtcpValid(bytes)) return;
    walkRtcp(bytes, (_type, _count, at, end) => {
      assert.ok(at >= 0 && end <= bytes.length && end >= at);
      let seen = 0;
      walkNack(bytes, at, end, () => ++seen < 1000);
      walkRangeNack(bytes, at, end, () => ++seen < 1000);
    });
  }));
});

Deno.test("the middle of the clock gives a round trip", () => {
  const elapsed = (ntpMiddle(5_000.25) - ntpMiddle(4_900)) / 65.536;
  assert.ok(Math.abs(elapsed - 100.25) < 0.1);
});

Deno.test("tshark reads everything that is written, without a malformed mark", async () => {
  const tool = (name: string, args: string[]) =>
    new Deno.Command(name, { args, stdout: "piped", stderr: "piped" }).output();
  const found = await tool("tshark", ["--version"]).catch(() => undefined);
  if (found === undefined) return;
  const writer = new RtcpWriter();
  const nack = writer.reset().receiverReport(1).cname(1, "espalier").urgent(2);
  nack.nack(1, 2, [5, 6, 9, 40], 0);
  const packets = [
    nack.take(),
    writer.reset().senderReport(2, 5000, 1, 2, 3).cname(2, "espalier").head(2, 9, 5)
      .echoRequest(2, 5).take(),
    writer.reset().receiverReport(1, {
      ssrc: 2,
      lossShare: 0.5,
      lostTotal: 3,
      highest: 70_000,
      jitter: 4,
      lastSenderReport: 5,
      delaySinceReport: 6,
    }).cname(1, "espalier").echoResponse(2, new Uint8Array(24), 0).bye(2).take(),
  ];
  const dump = packets.map((bytes) =>
    `000000 ${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}\n`
  ).join("\n");
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/dump.txt`, dump);
    await tool("text2pcap", ["-q", "-u", "7000,7002", `${folder}/dump.txt`, `${folder}/dump.pcap`]);
    const read = await tool("tshark", [
      "-r",
      `${folder}/dump.pcap`,
      "-d",
      "udp.port==7000,rtp",
      "-V",
    ]);
    const text = new TextDecoder().decode(read.stdout);
    assert.equal(text.match(/RTCP frame length check: OK/g)?.length, packets.length, text);
    assert.doesNotMatch(text, /malformed|incorrect/i);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
