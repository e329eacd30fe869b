import assert from "node:assert/strict";
import { Pacer } from "./pacer.ts";

const UNIT = 1316;
/** 5 Mbit/s. */
const EVERY_MS = UNIT * 8 / 5000;

/** A pacer that gets its turn every `turnMs`, fed in step; returns how late each piece went out. */
function lateness(startLumps: number, turnMs: number, seconds: number): number[] {
  const pacer = new Pacer(2, UNIT);
  const piece = new Uint8Array(UNIT);
  const late: number[] = [];
  let nowMs = 1000;
  const send = (_ts: Uint8Array, dueMs: number): void => void late.push(nowMs - dueMs);
  // A source that was read late: all at once, stamped as it was read.
  for (let n = 0; n < startLumps; n++) pacer.push(piece, nowMs + n / 100, nowMs, send);
  let dueMs = nowMs + startLumps / 100;
  const endMs = nowMs + seconds * 1000;
  while (nowMs < endMs) {
    nowMs += turnMs;
    for (; dueMs <= nowMs; dueMs += EVERY_MS) pacer.push(piece, dueMs, nowMs, send);
    pacer.run(nowMs, send);
  }
  return late;
}

Deno.test("a lump at the start is made up for, however seldom the pacer gets its turn", () => {
  for (const turnMs of [1, 3, 10]) {
    for (const lump of [0, 100, 1500]) {
      const late = lateness(lump, turnMs, 10);
      const worst = Math.max(...late.slice(-1000));
      assert.ok(worst < 25, `${lump} at once, turns of ${turnMs} ms: still ${worst} ms late`);
    }
  }
});

Deno.test("a pause of its thread is made up for within as much time", () => {
  const pacer = new Pacer(2, UNIT);
  const piece = new Uint8Array(UNIT);
  let nowMs = 0;
  let lastLateMs = 0;
  const send = (_ts: Uint8Array, dueMs: number): void => void (lastLateMs = nowMs - dueMs);
  for (let dueMs = 0; dueMs < 4000; dueMs += EVERY_MS) {
    // Between 2 and 2.5 s nothing runs.
    nowMs = dueMs > 2000 && dueMs < 2500 ? 2500 : dueMs;
    pacer.push(piece, dueMs, nowMs, send);
    if (dueMs > 3100) assert.ok(lastLateMs < 10, `${lastLateMs} ms late at ${dueMs}`);
  }
});
