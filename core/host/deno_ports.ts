/** All ports of a node on Deno. */
import { cpuUsage } from "node:process";
import { EventHub } from "../events.ts";
import type { Log, Metrics, Ports, Usage } from "../ports.ts";
import { denoClock, denoRng, Guard } from "./deno_clock.ts";
import { denoFiles } from "./deno_files.ts";
import { denoHttp } from "./deno_http.ts";
import { denoNet } from "./deno_net.ts";
import { denoSpawn } from "./deno_spawn.ts";
import { linuxThreads } from "./linux/threads.ts";

/** What this process has used. */
function usage(): Usage {
  const { user, system } = cpuUsage();
  return { cpuMs: (user + system) / 1000, memoryBytes: Deno.memoryUsage().rss };
}

/**
 * Makes the ports of one node. Nothing is opened yet. The process ends by itself once every socket,
 * timer and child is disposed. `{ ...ports, log: other }` gives the same ports with another log.
 */
export function denoPorts(
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): Ports & { readonly events: EventHub } {
  const guard = new Guard(
    log,
    metrics.counter("callback_errors_total", "Exceptions that came out of port callbacks."),
  );
  const clock = denoClock(guard);
  return {
    clock,
    rng: denoRng(),
    net: denoNet({ guard, log, metrics }),
    http: denoHttp(guard),
    spawn: denoSpawn({
      guard,
      droppedInputBytes: metrics.counter(
        "child_input_dropped_bytes_total",
        "Bytes for a child's standard input that were dropped because it does not read.",
      ),
    }),
    files: denoFiles(),
    threads: linuxThreads(),
    log,
    metrics,
    events: new EventHub(clock, metrics),
    usage,
  };
}
