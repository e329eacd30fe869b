/** Runs a scenario over many seeds, and tells which one failed. */

/** Seeds to run: `count` from `first`, or the one that the environment's `SEED` names. */
export function seedList(count: number, first = 1): readonly number[] {
  const wanted = Deno.env.get("SEED");
  if (wanted !== undefined && /^\d+$/.test(wanted)) return [Number(wanted)];
  return Array.from({ length: count }, (_, i) => first + i);
}

/** Runs `fn` for every seed; a failure names its seed and how to replay it. */
export async function seeds(
  count: number,
  fn: (seed: number) => void | Promise<void>,
  first = 1,
): Promise<void> {
  for (const seed of seedList(count, first)) {
    try {
      await fn(seed);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Seed ${seed} failed (replay with SEED=${seed}): ${why}`, { cause });
    }
  }
}
