/** How an address is asked for its cookie: when, and how long messages wait for it. */
import type { Handshake, Queued, Session } from "./session.ts";

/** Wait before the second HELLO; it doubles from there. */
const FIRST_REPEAT_MS = 50;
/** HELLOs never come further apart than this. */
const REPEAT_MAX_MS = 1000;
/** Each wait is stretched by up to this share. */
const JITTER_SHARE = 0.1;
/**
 * Bytes of padding that make the shortest HELLO as long as the longest CHALLENGE, so that its answer
 * never amplifies: 116 bytes of the widest envelope and an empty body against 24 bytes and this.
 */
export const HELLO_PAD: Uint8Array = new Uint8Array(92);

/** Begins a handshake on a session; its first HELLO is due at once. */
export function begin(session: Session, nowMs: number): Handshake {
  return session.handshake = {
    startedMs: nowMs,
    tries: 0,
    lastMs: nowMs,
    nextMs: nowMs,
    queue: [],
    queuedBytes: 0,
  };
}

/** Notes that a HELLO goes out and plans the next; `random` in [0, 1). */
export function tried(handshake: Handshake, nowMs: number, random: number): void {
  const gapMs = Math.min(FIRST_REPEAT_MS * 2 ** handshake.tries, REPEAT_MAX_MS);
  handshake.tries++;
  handshake.lastMs = nowMs;
  handshake.nextMs = nowMs + gapMs * (1 + JITTER_SHARE * random);
}

/** Puts a message into the queue; false when it is full. */
export function enqueue(
  handshake: Handshake,
  queued: Queued,
  limits: { readonly messages: number; readonly bytes: number },
): boolean {
  if (handshake.queue.length >= limits.messages) return false;
  if (handshake.queuedBytes + queued.bytes > limits.bytes) return false;
  handshake.queue.push(queued);
  handshake.queuedBytes += queued.bytes;
  return true;
}

/** Empties the queue; tells how many messages that were. */
export function empty(handshake: Handshake): number {
  handshake.queuedBytes = 0;
  return handshake.queue.splice(0).length;
}
