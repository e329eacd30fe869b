/** Random numbers from a seed, for the seeded world and for tests. */
import type { Rng } from "./ports.ts";

/** mulberry32: small, fast, passes for simulation; never for secrets on a real network. */
export function seededRng(seed: number): Rng {
  let state = seed >>> 0;
  const next32 = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  return {
    next: () => next32() / 2 ** 32,
    bytes(length) {
      const bytes = new Uint8Array(length);
      for (let i = 0; i < length; i++) bytes[i] = next32() >>> 24;
      return bytes;
    },
  };
}
