import assert from "node:assert/strict";
import { Pacer } from "./pacer.ts";

const UNIT = 1316;
/** 20 Mbit/s: so many bytes a millisecond. */
const RATE = 2500;

/** Runs a source that produces `bytes` each millisecond until it is held up, and then all at once. */
function run(heldFromMs: number, heldMs: number, endMs: number) {
  const pacer = new Pacer(2, UNIT);
  const sent: { readonly atMs: number; readonly bytes: number }[] = [];
  let produced = 0;
  for (let nowMs = 0; nowMs < endMs; nowMs++) {
    const send = (ts: Uint8Array) => void sent.push({ atMs: nowMs, bytes: ts.length });
    const isHeld = nowMs >= heldFromMs && nowMs < heldFromMs + heldMs;
    const wanted = Math.floor((nowMs * RATE) / 188) * 188;
    if (!isHeld && wanted > produced) {
      pacer.push(new Uint8Array(wanted - produced), nowMs, nowMs, send);
      produced = wanted;
    }
    if (pacer.nextMs() <= nowMs) pacer.run(nowMs, send);
  }
  const perMs = new Map<number, number>();
  for (const { atMs, bytes } of sent) perMs.set(atMs, (perMs.get(atMs) ?? 0) + bytes);
  return { pacer, produced, sent, perMs };
}

Deno.test("a source that keeps its pace is not held up", () => {
  const { produced, sent, pacer } = run(Infinity, 0, 2000);
  assert.equal(sent.reduce((sum, { bytes }) => sum + bytes, 0) + pacer.waitingBytes, produced);
  assert.ok(pacer.waitingBytes <= 2 * UNIT, `${pacer.waitingBytes} bytes wait`);
});

Deno.test("half a second that comes at once leaves in bursts of at most 2 ms, within as long again", () => {
  const { produced, perMs, sent, pacer } = run(1000, 500, 2600);
  const bursts = [...perMs].filter(([atMs]) => atMs >= 1500).map(([, bytes]) => bytes);
  assert.ok(Math.max(...bursts) <= 2 * RATE + UNIT, `a burst of ${Math.max(...bursts)} bytes`);
  assert.equal(pacer.overflowed, 0);
  assert.ok(pacer.waitingBytes <= 2 * UNIT, `${pacer.waitingBytes} bytes still wait`);
  assert.equal(sent.reduce((sum, { bytes }) => sum + bytes, 0) + pacer.waitingBytes, produced);
});

Deno.test("nothing is reordered and nothing is lost, whatever comes", () => {
  const pacer = new Pacer(2, UNIT);
  const got: number[] = [];
  const send = (ts: Uint8Array) => void got.push(...ts);
  const given: number[] = [];
  for (let step = 0; step < 300; step++) {
    const piece = Uint8Array.from({ length: (step * 37) % 5000 }, (_, at) => (step + at) & 0xff);
    given.push(...piece);
    pacer.push(piece, step % 50 === 0 ? 0 : step * 3, step * 2, send);
  }
  pacer.flush(send);
  assert.equal(got.length, given.length);
  assert.deepEqual(got, given);
  assert.equal(pacer.nextMs(), Infinity);
});

Deno.test("too much waiting goes early, and is counted", () => {
  const pacer = new Pacer(2, UNIT);
  let sent = 0;
  const send = (ts: Uint8Array) => void (sent += ts.length);
  for (let ms = 0; ms < 600; ms++) pacer.push(new Uint8Array(UNIT), ms, ms, send);
  for (let times = 0; times < 20; times++) pacer.push(new Uint8Array(1e6), 600, 600, send);
  assert.ok(pacer.overflowed > 0);
  assert.ok(pacer.waitingBytes <= 8 * 2 ** 20, `${pacer.waitingBytes} bytes wait`);
  assert.ok(sent > 11e6);
});
