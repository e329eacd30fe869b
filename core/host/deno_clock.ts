/** Time and random numbers of the host. */
import type { Clock, Counter, Log, Rng } from "../ports.ts";

/** Longest delay `setTimeout` can hold; beyond it Deno would fire at once. */
const MAX_TIMEOUT_MS = 0x7fff_ffff;
/** Random numbers drawn per system call. */
const RNG_BLOCK_WORDS = 1024;
/** Most bytes that one call of `getRandomValues` gives. */
const RNG_CALL_BYTES = 65_536;

/** Runs callbacks that must never throw; a fault is logged and counted, the port goes on. */
export class Guard {
  readonly #log: Log;
  readonly #errors: Counter;

  constructor(log: Log, errors: Counter) {
    this.#log = log;
    this.#errors = errors;
  }

  /** Tells of a callback that threw. */
  failed(where: string, error: unknown): void {
    this.#errors.add();
    this.#log.error("callback failed", { where, error });
  }
}

/**
 * The clock of this process. Timers fire 1 to 2 ms late and never early: Deno's own now
 * and then do, by a fraction of a millisecond, and are then set again.
 */
export function denoClock(guard: Guard): Clock {
  const now = (): number => performance.now();
  return {
    now,
    wall: () => Date.now(),
    after(ms, fn) {
      const dueMs = now() + (ms > 0 ? ms : 0);
      let timer: ReturnType<typeof setTimeout> | undefined;
      const arm = (waitMs: number): void => {
        timer = setTimeout(fire, Math.max(0, Math.min(Math.floor(waitMs), MAX_TIMEOUT_MS)));
      };
      const fire = (): void => {
        const leftMs = dueMs - now();
        if (leftMs > 0) return arm(leftMs);
        timer = undefined;
        try {
          fn();
        } catch (error) {
          guard.failed("timer", error);
        }
      };
      arm(dueMs - now());
      return {
        [Symbol.dispose]: () => {
          if (timer !== undefined) clearTimeout(timer);
          timer = undefined;
        },
      };
    },
  };
}

/** Cryptographic random numbers, drawn in blocks so that `next` costs no system call. */
export function denoRng(): Rng {
  const block = new Uint32Array(RNG_BLOCK_WORDS);
  let used = RNG_BLOCK_WORDS;
  return {
    next() {
      if (used === RNG_BLOCK_WORDS) {
        crypto.getRandomValues(block);
        used = 0;
      }
      const value = block[used] ?? 0;
      // A number that was given out is not kept where a later fault could show it.
      block[used++] = 0;
      return value / 2 ** 32;
    },
    bytes(length) {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; at += RNG_CALL_BYTES) {
        crypto.getRandomValues(bytes.subarray(at, at + RNG_CALL_BYTES));
      }
      return bytes;
    },
  };
}
