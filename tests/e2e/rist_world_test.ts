/** A RIST sink sends to a RIST source over bad links, in the seeded world. */
import assert from "node:assert/strict";
import type { StreamName } from "../../core/ids.ts";
import type { LinkSettings } from "../../core/link_model.ts";
import { World } from "../sim/world.ts";
import { numberedStream, sameBytes } from "./clips.ts";
import { joined, makeRistSink, makeRistSource } from "./rist_rig.ts";

const SINK = "10.0.0.1";
const SOURCE = "10.0.0.2";
const PACKET_BYTES = 1316;
/** A packet of 1316 bytes every 2 ms: 5.3 Mbit/s. */
const EVERY_MS = 2;

interface Outcome {
  readonly world: World;
  readonly input: Uint8Array;
  readonly output: Uint8Array;
  readonly dues: readonly number[];
  /** Highest share of feedback and of retransmissions in the media's bytes. */
  readonly feedbackShare: number;
  readonly forwardShare: number;
}

/** Streams `seconds` over links that are as `settings` say from the first second on. */
async function stream(
  seed: number,
  seconds: number,
  settings: Partial<LinkSettings>,
  buffers: { readonly sink: string; readonly source: string },
  meanwhile: (world: World) => Promise<void> = () => Promise.resolve(),
): Promise<Outcome> {
  const world = new World({ seed, link: { delayMs: settings.delayMs ?? 5 } });
  const source = makeRistSource(world.ports(SOURCE), {
    listen: `${SOURCE}:5004`,
    buffer: buffers.source,
  });
  const ports = world.ports(SINK);
  const sink = makeRistSink(ports, { to: `${SOURCE}:5004`, buffer: buffers.sink });
  await world.until(
    Promise.all([source.start(AbortSignal.any([])), sink.start(AbortSignal.any([]))]),
  );
  const pieces: Uint8Array[] = [];
  const dues: number[] = [];
  const held = source.open("rist", {
    push: (bytes, dueMs) => {
      pieces.push(bytes);
      dues.push(dueMs);
    },
    end: () => {},
  });
  const session = sink.open({ session: "s", stream: "o/x" as StreamName, title: "x" });
  let pushed = 0;
  const bytes = { forward: 0, back: 0 };
  world.sniff((from, _to, packet) => {
    if (from.host === SINK) bytes.forward += packet.length;
    else bytes.back += packet.length;
  });
  const input = numberedStream(3, seconds, PACKET_BYTES * 8 * 1000 / EVERY_MS);
  const push = () => {
    const payload = input.subarray(pushed, pushed + PACKET_BYTES);
    if (payload.length === 0) return;
    pushed += PACKET_BYTES;
    const timestamp = Math.round(ports.clock.now() * 90) % 2 ** 32;
    session.push([{ payload, sequence: 0, timestamp, lostBefore: 0 }]);
    ports.clock.after(EVERY_MS, push);
  };
  push();
  // The handshake and the first packets are clean: what is tested is repair.
  await world.runFor(200);
  world.setDefaultLink(settings);
  await meanwhile(world);
  await world.when("the stream is sent", () => pushed >= input.length, 120_000, 50);
  // The last packet of all cannot be missed by anybody: it goes over a clean link.
  world.setDefaultLink({ lossShare: 0, burst: undefined, down: false });
  await world.runFor(3000);
  await world.until(session.close());
  await world.until(Promise.resolve(held[Symbol.asyncDispose]()));
  await world.until(Promise.all([source.stop(), sink.stop()]));
  for (const host of [SINK, SOURCE]) {
    assert.equal(world.timers(host) + world.sockets(host), 0, `${host} holds something`);
  }
  return {
    world,
    input,
    output: joined(pieces),
    dues,
    feedbackShare: bytes.back / input.length,
    forwardShare: bytes.forward / input.length - 1,
  };
}

Deno.test("10 % loss each way, 20 ms round trip: the output equals the input, for at most 16 % more bytes", async () => {
  for (const seed of [1, 2, 3]) {
    const run = await stream(seed, 10, { delayMs: 10, jitterMs: 2, lossShare: 0.1 }, {
      sink: "1s",
      source: "500ms",
    });
    assert.equal(sameBytes(run.output, run.input), undefined, `seed ${seed}`);
    assert.ok(run.forwardShare < 0.16, `seed ${seed}: +${run.forwardShare} forward`);
    assert.ok(run.feedbackShare < 0.05, `seed ${seed}: ${run.feedbackShare} feedback`);
    const steps = run.dues.slice(1).map((due, at) => due - (run.dues[at] ?? 0));
    assert.ok(steps.every((step) => step >= 0 && step < 50), `seed ${seed}: ${Math.max(...steps)}`);
  }
});

Deno.test("reordering, doubles and bursts of loss: the output equals the input", async () => {
  for (const seed of [4, 5, 6]) {
    const run = await stream(
      seed,
      10,
      {
        delayMs: 25,
        jitterMs: 10,
        fifo: false,
        duplicateShare: 0.2,
        burst: { pGoodToBad: 0.01, pBadToGood: 0.2, lossInBad: 1 },
      },
      { sink: "2s", source: "1s" },
    );
    assert.equal(sameBytes(run.output, run.input), undefined, `seed ${seed}`);
  }
});

Deno.test("an outage of 300 ms within the buffers is repaired whole", async () => {
  const run = await stream(7, 8, { delayMs: 10 }, { sink: "2s", source: "1s" }, async (world) => {
    await world.runFor(2000);
    const cut = world.partition([SINK], [SOURCE]);
    await world.runFor(300);
    cut[Symbol.dispose]();
  });
  assert.equal(sameBytes(run.output, run.input), undefined);
});

Deno.test("after an outage beyond every buffer the stream goes on at the live edge", async () => {
  const run = await stream(
    8,
    12,
    { delayMs: 10 },
    { sink: "1s", source: "500ms" },
    async (world) => {
      await world.runFor(2000);
      const cut = world.partition([SINK], [SOURCE]);
      await world.runFor(6000);
      cut[Symbol.dispose]();
    },
  );
  const lost = run.input.length - run.output.length;
  assert.ok(lost > 0 && lost < run.input.length * 0.6, `${lost} bytes lost`);
  const tail = run.output.length - 300 * PACKET_BYTES;
  assert.equal(
    sameBytes(run.output.subarray(tail), run.input.subarray(run.input.length - 300 * PACKET_BYTES)),
    undefined,
  );
});
