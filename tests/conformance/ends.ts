/** Suites of the ends of a stream: sources and sinks. */
import assert from "node:assert/strict";
import { NAME_PATTERN } from "../../core/ids.ts";
import type { MediaChunk } from "../../core/media/api.ts";
import type { Source, SourceOutput } from "../../core/slots.ts";
import { filling, type Fixture, mount, type Mounted } from "./fixture.ts";
import { streamInfo } from "./stand_ins.ts";

const TS_BYTES = 188;

/** A source's fixture: what feeds it, if it does not feed itself. */
export interface SourceFixture extends Fixture {
  /** Feeds the source for `ms`, such as an encoder that sends to it. Runs the world. */
  readonly feed?: (mounted: Mounted, ms: number) => Promise<void>;
  /** What others of the node tell it once it runs, such as a peer that offers its files. */
  readonly attend?: (source: Source) => void;
}

/** An output that checks what a source promises of every push. */
class CheckedOutput implements SourceOutput {
  readonly faults: string[] = [];
  packets = 0;
  ends = 0;
  #lastDueMs = -Infinity;

  constructor(readonly nowMs: () => number) {}

  push(ts: Uint8Array, dueMs: number): void {
    if (ts.length === 0 || ts.length % TS_BYTES !== 0) this.faults.push(`${ts.length} bytes`);
    for (let at = 0; at < ts.length; at += TS_BYTES) {
      if (ts[at] !== 0x47) this.faults.push(`no sync byte at ${at}`);
    }
    if (!Number.isFinite(dueMs)) this.faults.push(`due at ${dueMs}`);
    if (dueMs < this.#lastDueMs) this.faults.push(`due ${this.#lastDueMs - dueMs} ms back`);
    if (Math.abs(dueMs - this.nowMs()) > 5_000) this.faults.push(`due ${dueMs - this.nowMs()} off`);
    if (this.ends > 0) this.faults.push("a push after the end");
    this.#lastDueMs = dueMs;
    this.packets += ts.length / TS_BYTES;
  }

  end(): void {
    this.ends++;
  }
}

/** A source lists its streams, pushes whole TS packets on its clock, and falls silent when closed. */
export function sourceSuite(fixture: SourceFixture): void {
  const { name } = fixture.plugin;
  const feed = fixture.feed ?? ((mounted, ms) => mounted.world.runFor(ms));

  async function running() {
    const mounted = mount(fixture);
    const one = mounted.create();
    const it = filling(mounted, "source", one.life);
    await one.start();
    fixture.attend?.(it);
    await mounted.world.runFor(1_000);
    return { mounted, one, it };
  }
  const outputOf = (mounted: Mounted) => new CheckedOutput(() => mounted.ports.clock.now());

  Deno.test(`${name}: lists streams with proper names, each once`, async () => {
    const { one, it } = await running();
    const streams = it.streams();
    assert.ok(streams.length > 0, "the fixture gives it something to offer");
    assert.equal(new Set(streams.map((stream) => stream.name)).size, streams.length);
    for (const stream of streams) {
      assert.match(stream.name, NAME_PATTERN);
      assert.ok(stream.title.length <= 120);
      assert.ok(stream.bitrate === undefined || stream.bitrate > 0);
    }
    await one.stop();
  });

  Deno.test(`${name}: pushes whole TS packets, due in order and about now`, async () => {
    const { mounted, one, it } = await running();
    const output = outputOf(mounted);
    const open = it.open(it.streams()[0]?.name ?? "", output);
    await feed(mounted, 5_000);
    assert.deepEqual(output.faults.slice(0, 3), []);
    assert.ok(output.packets > 20, `${output.packets} packets`);
    await mounted.world.until(Promise.resolve(open[Symbol.asyncDispose]()));
    await one.stop();
  });

  Deno.test(`${name}: a closed stream is silent, and can be opened again`, async () => {
    const { mounted, one, it } = await running();
    const stream = it.streams()[0]?.name ?? "";
    const first = outputOf(mounted);
    const open = it.open(stream, first);
    await feed(mounted, 2_000);
    await mounted.world.until(Promise.resolve(open[Symbol.asyncDispose]()));
    await mounted.world.until(Promise.resolve(open[Symbol.asyncDispose]()));
    const before = first.packets;
    await feed(mounted, 2_000);
    assert.equal(first.packets, before);
    const second = outputOf(mounted);
    const again = it.open(stream, second);
    await feed(mounted, 5_000);
    assert.ok(second.packets > 0);
    assert.equal(first.packets, before);
    await mounted.world.until(Promise.resolve(again[Symbol.asyncDispose]()));
    await one.stop();
  });

  Deno.test(`${name}: stop ends what is open`, async () => {
    const { mounted, one, it } = await running();
    const output = outputOf(mounted);
    it.open(it.streams()[0]?.name ?? "", output);
    await feed(mounted, 2_000);
    await one.stop();
    const before = output.packets;
    await feed(mounted, 3_000);
    assert.equal(output.packets, before);
    assert.deepEqual([mounted.holdings().timers, mounted.holdings().sockets], [0, 0]);
  });

  Deno.test(`${name}: a name that it does not list harms nothing`, async () => {
    const { mounted, one, it } = await running();
    const output = outputOf(mounted);
    try {
      const open = it.open("no-such-stream", output);
      await feed(mounted, 1_000);
      await mounted.world.until(Promise.resolve(open[Symbol.asyncDispose]()));
    } catch (error) {
      assert.match(String(error), /Cannot /);
    }
    await feed(mounted, 1_000);
    await one.stop();
    assert.deepEqual([mounted.holdings().timers, mounted.holdings().sockets], [0, 0]);
  });
}

/** Numbered TS packets as a receiver hands them over. */
export function chunksOf(count: number, from = 0): MediaChunk[] {
  return Array.from({ length: count }, (_, i) => {
    const payload = new Uint8Array(7 * TS_BYTES);
    for (let at = 0; at < payload.length; at += TS_BYTES) {
      payload.set([0x47, 0x01, 0x00, 0x10 | ((from + i) & 15)], at);
    }
    const sequence = from + i;
    return { payload, sequence, timestamp: sequence * 180, lostBefore: 0 };
  });
}

/** A sink takes sessions side by side, and closes each once all is out. */
export function sinkSuite(fixture: Fixture): void {
  const { name } = fixture.plugin;

  async function running() {
    const mounted = mount(fixture);
    const one = mounted.create();
    const it = filling(mounted, "sink", one.life);
    await one.start();
    let number = 0;
    const open = () => {
      const info = streamInfo(`o1/s${++number}`);
      return it.open({ session: `s${number}`, stream: info.name, title: info.title });
    };
    const close = (closing: Promise<void>) => mounted.world.until(closing, 30_000);
    return { mounted, one, it, open, close };
  }

  Deno.test(`${name}: takes a session's chunks and closes`, async () => {
    const { mounted, one, it, open, close } = await running();
    assert.match(it.pace, /^(asap|smooth)$/);
    const session = open();
    for (let i = 0; i < 50; i++) {
      session.push(chunksOf(5, 5 * i));
      await mounted.world.runFor(20);
    }
    assert.doesNotThrow(() => JSON.stringify(session.status()));
    await close(session.close());
    await one.stop();
  });

  Deno.test(`${name}: closing twice, and pushing after, is harmless`, async () => {
    const { mounted, one, open, close } = await running();
    const session = open();
    session.push(chunksOf(3));
    await close(session.close());
    await close(session.close());
    session.push(chunksOf(3, 3));
    await mounted.world.runFor(1_000);
    await one.stop();
  });

  Deno.test(`${name}: sessions stand side by side`, async () => {
    const { mounted, one, open, close } = await running();
    const sessions = [open(), open(), open()];
    for (let i = 0; i < 10; i++) {
      for (const session of sessions) session.push(chunksOf(2, 2 * i));
      await mounted.world.runFor(50);
    }
    const [first, ...others] = sessions;
    if (first !== undefined) await close(first.close());
    for (const session of others) session.push(chunksOf(2, 20));
    await mounted.world.runFor(100);
    for (const session of others) await close(session.close());
    await one.stop();
  });

  Deno.test(`${name}: an empty session closes, and its end is not told of itself`, async () => {
    const { mounted, one, open, close } = await running();
    const session = open();
    let ends = 0;
    session.onEnd(() => ends++);
    await mounted.world.runFor(2_000);
    assert.equal(ends, 0, "nobody closed anything");
    await close(session.close());
    await one.stop();
  });

  Deno.test(`${name}: stop ends open sessions and leaves nothing`, async () => {
    const { mounted, one, open } = await running();
    const session = open();
    session.push(chunksOf(5));
    await mounted.world.runFor(500);
    await one.stop();
    session.push(chunksOf(5, 5));
    await mounted.world.runFor(5_000);
    const { timers, sockets } = mounted.holdings();
    assert.deepEqual([timers, sockets], [0, 0]);
    const children = mounted.world.programs(mounted.host).started;
    assert.ok(children.every((child) => !child.running), "a child process lives on");
  });

  Deno.test(`${name}: a flood is bounded, whoever is slow behind it`, async () => {
    const { mounted, one, open, close } = await running();
    for (const program of mounted.world.programs(mounted.host).started) program.hold(true);
    mounted.world.host(mounted.host).diskDelayMs = 50;
    const session = open();
    for (let i = 0; i < 100; i++) session.push(chunksOf(50, 50 * i));
    await mounted.world.runFor(1_000);
    // What was lost is told by a rejection; either way it ends.
    await close(session.close()).catch((error) => assert.doesNotMatch(String(error), /settled/));
    await one.stop();
  });
}
