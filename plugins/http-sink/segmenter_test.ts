import assert from "node:assert/strict";
import fc from "fast-check";
import type { StreamName } from "../../core/ids.ts";
import { continuityOf, hasPayload, pidOf, startsUnit, TS_BYTES } from "../../core/media/ts.ts";
import { RateMeter } from "../../core/swarm/meter.ts";
import { playlistFaults, readPlaylist, successionFaults } from "../../tests/tools/hls_rules.ts";
import { Channel } from "./channel.ts";
import { playlist } from "./playlist.ts";
import { AUDIO, frames, type Recipe, TsMaker, VIDEO } from "./rig.ts";
import { fulfils, isTooFar, wishOf } from "./segment_routes.ts";
import { joined } from "./segments.ts";

/** A channel fed frame by frame; every playlist it ever showed is checked. */
class Rig {
  readonly maker = new TsMaker();
  readonly faults: string[] = [];
  readonly playlists: string[] = [];
  readonly channel: Channel;
  nowMs = 0;

  constructor(lowLatency = false, more: { segmentMs?: number; partMs?: number } = {}) {
    const { segmentMs = 2000, partMs = 400 } = more;
    this.channel = new Channel(
      "o1/s" as StreamName,
      { segmentMs, windowMs: 12_000, partMs: lowLatency ? partMs : undefined, queueBytes: 1 << 20 },
      { skips: 0, skippedBytes: 0, stalled: 0, out: new RateMeter() },
      { sequence: 100, discontinuities: 7 },
      () => this.#look(),
    );
  }

  /** Feeds `count` frames, each when it is due. */
  play(recipe: Recipe, count: number, lostBefore = 0, skipTicks = 0): void {
    const { step = 3600 } = recipe;
    let left = count;
    let lost = lostBefore;
    this.#timestamp += skipTicks;
    for (const { packets } of frames(this.maker, recipe)) {
      if (left-- <= 0) break;
      this.channel.push(this.maker.chunks(packets, this.#timestamp, lost), this.nowMs, this.nowMs);
      lost = 0;
      this.nowMs += step / 90;
      this.#timestamp += step;
    }
    this.channel.flush(this.nowMs);
  }

  #timestamp = 0;

  get last(): string {
    return this.playlists.at(-1) ?? "";
  }

  #look(): void {
    const text = playlist(this.channel.segmenter);
    if (text === undefined) return;
    this.faults.push(...playlistFaults(text));
    if (this.playlists.length > 0) this.faults.push(...successionFaults(this.last, text));
    this.playlists.push(text);
  }
}

/** Every segment in a row, as a player gets them. */
const bytesOf = ({ channel }: Rig) =>
  channel.segmenter.held.map(({ parts }) => joined(parts.map(({ bytes }) => bytes)));

function* packetsOf(bytes: Uint8Array): Generator<number> {
  for (let at = 0; at < bytes.length; at += TS_BYTES) yield at;
}

Deno.test("segments are cut at key frames, and each begins with PAT, PMT and the key frame", () => {
  const rig = new Rig();
  rig.play({ groups: [25] }, 400);
  assert.deepEqual(rig.faults, []);
  const list = readPlaylist(rig.last);
  assert.equal(list.target, 2);
  assert.ok(list.independent);
  assert.ok(list.segments.length >= 6);
  assert.ok(list.segments.every(({ seconds }) => seconds === 2));
  for (const bytes of bytesOf(rig)) {
    assert.deepEqual([0, 1, 2].map((i) => pidOf(bytes, i * TS_BYTES)), [0, 0x1000, VIDEO]);
    assert.ok(startsUnit(bytes, 2 * TS_BYTES));
  }
});

Deno.test("segments in a row miss no packet: counters run on, and no unit of sound is torn", () => {
  const rig = new Rig();
  rig.play({ groups: [25] }, 400);
  const counters = new Map<number, number>();
  for (const bytes of bytesOf(rig)) {
    const torn = new Set([AUDIO]);
    for (const at of packetsOf(bytes)) {
      const pid = pidOf(bytes, at);
      if (!hasPayload(bytes, at)) continue;
      const before = counters.get(pid);
      if (before !== undefined) assert.equal(continuityOf(bytes, at), (before + 1) & 15, `${pid}`);
      counters.set(pid, continuityOf(bytes, at));
      if (startsUnit(bytes, at)) torn.delete(pid);
      else assert.ok(!torn.has(pid), "a segment begins within a unit of sound");
    }
  }
  assert.deepEqual([...counters.keys()].sort(), [0, VIDEO, AUDIO, 0x1000]);
});

Deno.test("a key-frame distance above the wanted length sets the target duration", () => {
  const rig = new Rig();
  rig.play({ groups: [125] }, 800);
  assert.deepEqual(rig.faults, []);
  assert.equal(readPlaylist(rig.last).target, 5);
});

Deno.test("key frames that come too late later on: cut at another frame, and said so", () => {
  const rig = new Rig();
  rig.play({ groups: [50, 50, 50, 50, 200, 50] }, 1000);
  assert.deepEqual(rig.faults, []);
  const honest = rig.playlists.map((text) => readPlaylist(text).independent);
  assert.ok(honest.includes(false), "a playlist with a dependent segment must not claim otherwise");
  assert.ok(honest.at(0) && honest.at(-1), "and claims it again once that is gone");
  for (const bytes of bytesOf(rig)) {
    assert.deepEqual([0, 1].map((i) => pidOf(bytes, i * TS_BYTES)), [0, 0x1000]);
  }
});

Deno.test("whatever the key frames do, no rule is broken", () => {
  const group = fc.integer({ min: 1, max: 220 });
  const step = fc.constantFrom(1500, 1800, 3003, 3600, 3750, 7200);
  fc.assert(
    fc.property(fc.array(group, { minLength: 1, maxLength: 12 }), step, fc.boolean(), (
      groups,
      step,
      lowLatency,
    ) => {
      const rig = new Rig(lowLatency, { partMs: 700 });
      rig.play({ groups, step }, 700);
      assert.deepEqual(rig.faults.slice(0, 3), []);
      assert.ok(rig.playlists.length > 0);
    }),
    { numRuns: 25 },
  );
});

Deno.test("parts stay listed for three target durations, also by the sum of rounded durations", () => {
  const rig = new Rig(true, { partMs: 700 });
  rig.play({ groups: [75, 205, 155, 1], step: 1500 }, 700);
  assert.deepEqual(rig.faults, []);
});

Deno.test("parts make up their segment, the newest is hinted at before it is there", () => {
  const rig = new Rig(true);
  rig.play({ groups: [25] }, 260);
  assert.deepEqual(rig.faults, []);
  const list = readPlaylist(rig.last);
  assert.equal(list.partTarget, 0.4);
  assert.equal(list.holdBack, 1.2);
  const { held, open, nextSequence } = rig.channel.segmenter;
  assert.equal(list.hint, `${nextSequence}.${open?.parts.length}.ts`);
  for (const { parts, sizeBytes } of held) {
    assert.equal(parts.length, 5);
    assert.equal(parts.reduce((sum, { bytes }) => sum + bytes.length, 0), sizeBytes);
    assert.deepEqual(parts.map(({ independent }) => independent), [
      true,
      false,
      true,
      false,
      false,
    ]);
  }
});

Deno.test("after an outage the stream goes on at a key frame, behind a discontinuity", () => {
  const rig = new Rig();
  rig.play({ groups: [50] }, 225);
  const before = rig.channel.segmenter.nextSequence;
  // Two seconds are lost: the next frames belong to a group whose key frame nobody has.
  rig.play({ groups: [10, 50], start: 900_000 + 275 * 3600 }, 300, 100, 180_000);
  assert.deepEqual(rig.faults, []);
  const list = readPlaylist(rig.last);
  const after = list.segments.filter(({ discontinuities }) => discontinuities === 8);
  assert.ok(after.length > 0 && list.segments[0]?.discontinuities === 7);
  assert.equal(
    after[0]?.sequence,
    before + 1,
    "what was there before the outage is a short segment",
  );
  assert.ok((list.segments.find(({ sequence }) => sequence === before)?.seconds ?? 9) <= 2);
});

Deno.test("a clock that jumps, and turns over, is told apart", () => {
  const turn = new Rig();
  turn.play({ groups: [50], start: 2 ** 33 - 300_000 }, 400);
  assert.deepEqual(turn.faults, []);
  assert.equal(readPlaylist(turn.last).segments.at(-1)?.discontinuities, 7, "a turn is no jump");
  const jump = new Rig();
  jump.play({ groups: [50] }, 200);
  jump.play({ groups: [50], start: 5_000_000_000 }, 200);
  assert.deepEqual(jump.faults, []);
  assert.equal(readPlaylist(jump.last).segments.at(-1)?.discontinuities, 8);
});

Deno.test("a discontinuity that leaves the window is counted", () => {
  const rig = new Rig();
  for (let i = 0; i < 6; i++) rig.play({ groups: [50], start: 1_000_000 * (i + 1) * 7 }, 210);
  assert.deepEqual(rig.faults, []);
  assert.ok((readPlaylist(rig.last).segments[0]?.discontinuities ?? 0) > 9);
});

Deno.test("a stream of sound alone is cut as well", () => {
  const rig = new Rig();
  const { maker, channel } = rig;
  for (let i = 0; i < 400; i++) {
    const packets = [
      ...(i % 10 === 0 ? maker.tables(false) : []),
      ...maker.unit(AUDIO, i * 4000, 3, false, true),
    ];
    channel.push(maker.chunks(packets, i * 4000), i * 44, i * 44);
  }
  assert.deepEqual(rig.faults, []);
  assert.ok(readPlaylist(rig.last).segments.length >= 6);
});

Deno.test("what is held of a stream is bounded", () => {
  const rig = new Rig(true);
  rig.play({ groups: [25] }, 5000);
  const { held, listed } = rig.channel.segmenter;
  assert.ok(
    held.length <= 13 && listed.length === 6,
    `${held.length} held, ${listed.length} listed`,
  );
});

Deno.test("nonsense in place of a stream neither throws nor comes out", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ minLength: 188, maxLength: 188 })), (packets) => {
    const rig = new Rig(true);
    rig.channel.push(rig.maker.chunks(packets, 0), 0, 0);
    rig.channel.push(rig.maker.chunks([...rig.maker.tables(), ...packets], 0), 1, 1);
    rig.channel.flush(2);
    assert.equal(rig.playlists.length, 0);
  }));
});

Deno.test("blocking reload: what may be waited for, and what is refused", () => {
  const rig = new Rig(true);
  rig.play({ groups: [25] }, 115);
  const { segmenter } = rig.channel;
  const next = segmenter.nextSequence;
  assert.deepEqual(wishOf({}), undefined);
  assert.deepEqual(wishOf({ _HLS_part: "1" }), "bad");
  assert.deepEqual(wishOf({ _HLS_msn: "x" }), "bad");
  assert.deepEqual(wishOf({ _HLS_msn: "7", _HLS_part: "2" }), { sequence: 7, part: 2 });
  const parts = segmenter.open?.parts.length ?? 0;
  assert.ok(parts > 0);
  assert.ok(fulfils(segmenter, { sequence: next - 1, part: undefined }));
  assert.ok(!fulfils(segmenter, { sequence: next, part: undefined }));
  assert.ok(fulfils(segmenter, { sequence: next, part: parts - 1 }));
  assert.ok(!fulfils(segmenter, { sequence: next, part: parts }));
  assert.ok(!isTooFar(segmenter, { sequence: next + 1, part: undefined }));
  assert.ok(isTooFar(segmenter, { sequence: next + 2, part: undefined }));
  assert.ok(isTooFar(segmenter, { sequence: next, part: parts + 8 }));
});
