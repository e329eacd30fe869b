import assert from "node:assert/strict";
import fc from "fast-check";
import {
  clockDistance,
  continuityOf,
  crc32Mpeg,
  hasPayload,
  NULL_PID,
  PCR_MODULUS,
  pcrOf,
  pesStamps,
  pidOf,
  readStamp,
  STAMP_MODULUS,
  TS_BYTES,
  writeNullPacket,
  writePcr,
  writeStamp,
} from "./ts.ts";
import { packetStride, TsAligner } from "./ts_align.ts";
import { KeyFrameFinder } from "./ts_keyframe.ts";
import { ProgramReader } from "./ts_psi.ts";
import { probeTs } from "./ts_probe.ts";
import { Resampler } from "./ts_resample.ts";
import { TsShaper } from "./ts_shape.ts";
import { PcrTimeline } from "./ts_timeline.ts";

const CLIP_PATH = new URL("../../config/clips/garden.mpegts", import.meta.url).pathname;
const clip = (): Uint8Array => Deno.readFileSync(CLIP_PATH);

/** Why the oracle cannot be asked; undefined when it can. */
function missing(program: string): string | undefined {
  try {
    const { success } = new Deno.Command(program, { args: ["-version"] }).outputSync();
    return success ? undefined : `${program} does not run`;
  } catch {
    return `${program} is not installed`;
  }
}
const noProbe = missing("ffprobe");
const noFfmpeg = missing("ffmpeg");
const suffix = (why: string | undefined) => why === undefined ? "" : ` (ignored: ${why})`;

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Numbered packets whose payload never holds a sync byte. */
function packets(count: number): Uint8Array {
  const bytes = new Uint8Array(count * TS_BYTES).fill(1);
  for (let i = 0; i < count; i++) {
    bytes.set([0x47, 0, 0x42, 0x10, i & 15, (i >> 4) & 15], i * TS_BYTES);
  }
  return bytes;
}

Deno.test("packets are found however the bytes are cut, behind any garbage", () => {
  fc.assert(fc.property(
    fc.integer({ min: 3, max: 40 }),
    fc.uint8Array({ maxLength: 400 }).map((one) => one.map((byte) => byte === 0x47 ? 0 : byte)),
    fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 60 }),
    (count, garbage, cuts) => {
      const wanted = packets(count);
      const input = joined([garbage, wanted]);
      const aligner = new TsAligner();
      const out: Uint8Array[] = [];
      let at = 0;
      for (let i = 0; at < input.length; i++) {
        const size = cuts[i % cuts.length] ?? 1;
        out.push(...aligner.feed(input.slice(at, at + size)));
        assert.ok(aligner.carriedBytes <= 3 * TS_BYTES, "the carry-over is bounded");
        at += size;
      }
      out.push(...aligner.flush());
      assert.deepEqual(joined(out), wanted);
      assert.equal(aligner.skippedBytes, garbage.length);
    },
  ));
});

Deno.test("arbitrary bytes never throw, and every run begins with a sync byte", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 20 }), (parts) => {
    const aligner = new TsAligner();
    const tables = new ProgramReader();
    const finder = new KeyFrameFinder();
    const shaper = new TsShaper({ bitrate: undefined, restamp: true });
    for (const part of parts) {
      for (const run of aligner.feed(part)) {
        assert.equal(run.length % TS_BYTES, 0);
        for (let at = 0; at < run.length; at += TS_BYTES) assert.equal(run[at], 0x47);
      }
      shaper.feed(part.slice());
    }
    // Readers are given what claims to be a packet but is noise.
    const noise = joined(parts);
    for (let at = 0; at + TS_BYTES <= noise.length; at += TS_BYTES) {
      noise[at] = 0x47;
      tables.feed(noise, at);
      pesStamps(noise, at);
      pcrOf(noise, at);
    }
    finder.feed(noise);
    shaper.feed(noise);
    shaper.endPass(true);
  }));
});

Deno.test("a hole in the bytes costs the packets around it and no more", () => {
  const all = packets(40);
  const broken = joined([all.subarray(0, 10 * TS_BYTES + 50), all.subarray(12 * TS_BYTES)]);
  const aligner = new TsAligner();
  const out = joined([...aligner.feed(broken), ...aligner.flush()]);
  assert.deepEqual(out.subarray(-27 * TS_BYTES), all.subarray(13 * TS_BYTES));
  assert.equal(aligner.losses, 1);
});

Deno.test("PCR and time stamps are read as they are written, across the turn-over", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: PCR_MODULUS - 1 }),
    fc.integer({ min: 0, max: STAMP_MODULUS - 1 }),
    (pcr, stamp) => {
      const packet = new Uint8Array(TS_BYTES);
      packet.set([0x47, 0, 0x42, 0x20, 183, 0x10]);
      writePcr(packet, 0, pcr);
      assert.equal(pcrOf(packet, 0), pcr);
      writePcr(packet, 0, pcr + PCR_MODULUS);
      assert.equal(pcrOf(packet, 0), pcr);
      packet[20] = 0x31;
      writeStamp(packet, 20, stamp - STAMP_MODULUS);
      assert.equal(readStamp(packet, 20), stamp);
      assert.equal(packet[20] & 0xf1, 0x31);
      assert.equal(clockDistance(pcr, (pcr + 1000) % PCR_MODULUS, PCR_MODULUS), 1000);
    },
  ));
});

Deno.test("the CRC is that of the standard", () => {
  assert.equal(crc32Mpeg(new TextEncoder().encode("123456789")), 0x0376e6e7);
});

Deno.test("the distance between packets tells time-stamped files from plain ones", () => {
  const plain = packets(20);
  assert.equal(packetStride(plain), 188);
  const stamped = new Uint8Array(20 * 192);
  for (let i = 0; i < 20; i++) {
    stamped.set(plain.subarray(i * TS_BYTES, (i + 1) * TS_BYTES), i * 192 + 4);
  }
  assert.equal(packetStride(stamped), 192);
  assert.equal(probeTs(stamped, stamped, 0), "other-stride");
  assert.equal(packetStride(new TextEncoder().encode("const a = 1;\n".repeat(200))), undefined);
});

Deno.test("the clip's tables name its program", () => {
  const reader = new ProgramReader();
  const bytes = clip();
  for (let at = 0; at < 100 * TS_BYTES; at += TS_BYTES) reader.feed(bytes, at);
  const [program] = reader.programs.values();
  assert.equal(program?.pcrPid, 0x100);
  assert.deepEqual(program?.streams, [{ type: 0x1b, pid: 0x100 }, { type: 0x0f, pid: 0x101 }]);
});

Deno.test(`key frames are those that ffprobe finds${suffix(noProbe)}`, {
  ignore: noProbe !== undefined,
}, () => {
  const { stdout } = new Deno.Command("ffprobe", {
    args: ["-v", "error", "-select_streams", "v", "-show_entries", "packet=pts,flags"].concat([
      "-of",
      "csv=p=0",
      CLIP_PATH,
    ]),
  }).outputSync();
  const wanted = new TextDecoder().decode(stdout).split("\n").filter((line) => line.includes("K"))
    .map((line) => Number(line.split(",")[0]));
  const found = new KeyFrameFinder().feed(clip()).map((one) => one.pts);
  assert.equal(wanted.length, 8);
  assert.deepEqual(found, wanted);
});

Deno.test("a file's rate is that of its clock", () => {
  const bytes = clip();
  const probe = probeTs(
    bytes.subarray(0, 200_000),
    bytes.subarray(-200_000),
    bytes.length - 200_000,
  );
  assert.ok(typeof probe === "object");
  assert.ok(Math.abs(probe.rate - 1_100_000) < 10, `${probe.rate}`);
});

Deno.test("packets between two clock references are spread evenly", () => {
  const timeline = new PcrTimeline(1_100_000);
  const runs = [...timeline.feed(clip()), ...timeline.endPass()];
  let at = 0;
  for (const run of runs) {
    assert.equal(run.start, at);
    at = run.end;
  }
  const wanted = clip().length * 8 / 1_100_000 * 27e6;
  assert.ok(Math.abs(at - wanted) < 2700, `${at} against ${wanted}`);
});

/** The clip played `passes` times. */
function looped(passes: number, options: { bitrate?: number; restamp: boolean }) {
  const shaper = new TsShaper({ bitrate: options.bitrate, restamp: options.restamp });
  const probe = probeTs(clip(), clip(), 0);
  assert.ok(typeof probe === "object");
  const pieces = [];
  for (let pass = 0; pass < passes; pass++) {
    shaper.beginPass(probe.clock, probe.rate);
    const bytes = clip();
    for (let at = 0; at < bytes.length; at += 65_000) {
      pieces.push(...shaper.feed(bytes.slice(at, at + 65_000)));
    }
    pieces.push(...shaper.endPass(pass + 1 < passes));
  }
  return { shaper, pieces, bytes: joined(pieces.map((piece) => piece.bytes)) };
}

Deno.test("without restamping, passes are the bytes of the file one after the other", () => {
  const { bytes } = looped(3, { restamp: false });
  assert.deepEqual(bytes, joined([clip(), clip(), clip()]));
});

Deno.test("the first pass of a loop is the file's bytes unchanged", () => {
  const { bytes } = looped(2, { restamp: true });
  assert.deepEqual(bytes.subarray(0, clip().length), clip());
});

Deno.test("counters and clocks go on across the seam of a loop", () => {
  const { bytes } = looped(3, { restamp: true });
  const counters = new Map<number, number>();
  let last: number | undefined;
  for (let at = 0; at < bytes.length; at += TS_BYTES) {
    const pid = pidOf(bytes, at);
    if (pid === NULL_PID) continue;
    const before = counters.get(pid);
    const counter = continuityOf(bytes, at);
    if (before !== undefined) {
      assert.equal(counter, (before + (hasPayload(bytes, at) ? 1 : 0)) & 15, `PID ${pid} at ${at}`);
    }
    counters.set(pid, counter);
    const pcr = pcrOf(bytes, at);
    if (pcr === undefined) continue;
    const step = last === undefined ? 1 : clockDistance(last, pcr, PCR_MODULUS);
    assert.ok(step > 0 && step < 2_700_000, `PCR steps by ${step} at ${at}`);
    last = pcr;
  }
});

Deno.test(`ffmpeg sees no seam in a loop${suffix(noFfmpeg)}`, {
  ignore: noFfmpeg !== undefined,
}, async () => {
  const path = await Deno.makeTempFile({ suffix: ".mpegts" });
  try {
    for (const bitrate of [undefined, 1_500_000]) {
      const { bytes } = looped(4, { restamp: true, ...(bitrate === undefined ? {} : { bitrate }) });
      await Deno.writeFile(path, bytes);
      const { stderr } = await new Deno.Command("ffmpeg", {
        args: ["-nostdin", "-v", "warning", "-i", path, "-f", "null", "-"],
      }).output();
      assert.equal(new TextDecoder().decode(stderr), "");
    }
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("filling up gives exactly the rate, keeps every packet, and moves its clock with it", () => {
  const bitrate = 1_500_000;
  const { pieces, bytes, shaper } = looped(1, { bitrate, restamp: true });
  const kept: Uint8Array[] = [];
  let first: { at: number; pcr: number } | undefined;
  for (let at = 0; at < bytes.length; at += TS_BYTES) {
    const pcr = pcrOf(bytes, at);
    if (pcr !== undefined) {
      first ??= { at, pcr };
      const wanted = first.pcr + (at - first.at) * 8 * 27e6 / bitrate;
      assert.ok(Math.abs(pcr - wanted) <= 2, `PCR at ${at} is ${pcr - wanted} ticks off`);
    }
    if (pidOf(bytes, at) !== NULL_PID) kept.push(bytes.subarray(at, at + TS_BYTES));
  }
  const original = clip();
  const wanted: number[] = [];
  for (let at = 0; at < original.length; at += TS_BYTES) {
    if (pidOf(original, at) !== NULL_PID) wanted.push(pidOf(original, at));
  }
  assert.deepEqual(kept.map((packet) => pidOf(packet, 0)), wanted);
  for (const [i, { atMs }] of pieces.entries()) {
    assert.ok(Math.abs(atMs - i * 1316 * 8000 / bitrate) < 1e-6);
  }
  assert.ok(shaper.counters.lagMaxMs < 188 * 8000 / bitrate * 2);
});

Deno.test("a stream above the rate falls behind, and says how far", () => {
  const resampler = new Resampler(1_000_000, false);
  const bytes = packets(1000);
  // One second's worth of 1.504 Mbit/s.
  resampler.feed({ bytes, start: 0, end: 27e6 });
  assert.ok(Math.abs(resampler.lagMaxTicks / 27e6 - 0.504) < 0.01);
});

Deno.test("a null packet is PID 8191 without anything in it", () => {
  const packet = new Uint8Array(TS_BYTES);
  writeNullPacket(packet, 0);
  assert.equal(pidOf(packet, 0), NULL_PID);
  assert.equal(pcrOf(packet, 0), undefined);
});
