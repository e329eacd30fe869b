/** Runs a scenario over many seeds, and tells which one failed. */

/**
 * Seeds to run: `count` from `first` (or from the environment's `SEED_FROM`, so that several processes share
 * a long run), or the one that `SEED` names.
 */
export function seedList(
  count: number,
  first = Number(Deno.env.get("SEED_FROM") ?? 1),
): readonly number[] {
  const wanted = Deno.env.get("SEED");
  if (wanted !== undefined && /^\d+$/.test(wanted)) return [Number(wanted)];
  return Array.from({ length: count }, (_, i) => first + i);
}

/** A long run goes on after failures, up to this many. */
const FAILURES_MAX = 10;

/** Runs `fn` for every seed; the failure names the seeds that failed, and how to replay each. */
export async function seeds(
  count: number,
  fn: (seed: number) => void | Promise<void>,
  first?: number,
): Promise<void> {
  const failures: Error[] = [];
  for (const seed of seedList(count, first)) {
    try {
      await fn(seed);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      failures.push(new Error(`Seed ${seed} failed (replay with SEED=${seed}): ${why}`, { cause }));
      if (failures.length >= FAILURES_MAX) break;
    }
  }
  const [only] = failures;
  if (only === undefined) return;
  if (failures.length === 1) throw only;
  throw new AggregateError(failures, failures.map((one) => one.message).join("\n"));
}
