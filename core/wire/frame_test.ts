import assert from "node:assert/strict";
import fc from "fast-check";
import type { NodeName } from "../ids.ts";
import { decodeFrame, Deframer, encodeFrame, frame, FRAME_HEADER_BYTES } from "./frame.ts";
import { TCP_MESSAGE_MAX_BYTES } from "./messages.ts";

const SEED = Number(Deno.env.get("SEED") ?? 20252);

/** Feeds `bytes` in pieces of the given sizes, in turn. */
function feed(deframer: Deframer, bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    const result = deframer.push(bytes.slice(at, at + size));
    assert.ok(result.ok);
    frames.push(...result.frames);
    at += size;
  }
  return frames;
}

Deno.test("messages come out of a stream whole, whatever the chunks", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }),
      (messages, sizes) => {
        const stream = messages.map(frame).flatMap((bytes) => [...bytes]);
        const deframer = new Deframer();
        assert.deepEqual(feed(deframer, new Uint8Array(stream), sizes), messages);
        assert.equal(deframer.pendingBytes, 0);
      },
    ),
    { seed: SEED, numRuns: 200 },
  );
});

Deno.test("a control message survives the frame", () => {
  const bytes = encodeFrame({
    type: "DEREGISTER",
    from: "n1" as NodeName,
    instance: 5,
    seq: 1,
    body: { name: "n1" as NodeName, instance: 5 },
    re: undefined,
  });
  const [message] = feed(new Deframer(), bytes, [3]);
  const decoded = decodeFrame(message ?? new Uint8Array(0));
  assert.ok(decoded.ok && decoded.envelope.type === "DEREGISTER");
  assert.equal(decoded.envelope.body.instance, 5);
});

Deno.test("a length over the limit breaks the stream for good, before any memory is taken", () => {
  const deframer = new Deframer(10);
  const broken = { ok: false, why: "too-long" };
  assert.deepEqual(deframer.push(new Uint8Array([0, 0, 0, 11])), broken);
  assert.deepEqual(deframer.push(frame(new Uint8Array(1))), broken);
});

Deno.test("an empty message breaks the stream", () => {
  assert.deepEqual(new Deframer().push(new Uint8Array(4)), { ok: false, why: "empty" });
});

Deno.test("only bytes that came wait, however much a length promises", () => {
  const deframer = new Deframer();
  const header = frame(new Uint8Array(TCP_MESSAGE_MAX_BYTES)).subarray(0, FRAME_HEADER_BYTES + 100);
  deframer.push(header);
  assert.equal(deframer.pendingBytes, FRAME_HEADER_BYTES + 100);
});

Deno.test("the longest message in single bytes takes linear time", () => {
  const deframer = new Deframer();
  const bytes = frame(new Uint8Array(TCP_MESSAGE_MAX_BYTES).fill(7));
  const [message] = feed(deframer, bytes, [1]);
  assert.equal(message?.length, TCP_MESSAGE_MAX_BYTES);
});
