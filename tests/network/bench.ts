/**
 * `deno task bench:world`: how much faster than real time a whole network of 20 real nodes runs in the
 * seeded world. `WORLD_SECONDS` of simulated time a row (60).
 */
import process from "node:process";
import { Network } from "./network.ts";

const SECONDS = Number(Deno.env.get("WORLD_SECONDS") ?? 60);
const ONLY = Deno.env.get("WORLD_ONLY") ?? "";
const RELAYS = 17;

/** CPU time of this process in ms: what the machine does beside it does not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** An origin, 17 relays each joined to its four nearest, two viewers, and the bootstrapper beside them. */
async function network(everyMs: number, watched: boolean): Promise<Network> {
  const net = new Network({ seed: 1, everyMs });
  await net.bootstrap();
  await net.origin("o");
  for (let n = 0; n < RELAYS; n++) await net.relay(`r${n}`, { pop: n % 2 === 1 });
  for (const name of ["v1", "v2"]) await net.viewer(name, watched ? ["o/s"] : []);
  await net.world.runFor(20_000);
  return net;
}

async function measure(what: string, everyMs: number, watched: boolean): Promise<void> {
  if (!what.includes(ONLY)) return;
  const net = await network(everyMs, watched);
  const { world } = net;
  const before = world.events;
  const began = cpuMs();
  await world.runFor(SECONDS * 1000);
  const tookMs = cpuMs() - began;
  const events = world.events - before;
  console.log(
    `${what}: ${Math.round(SECONDS * 1000 / tookMs)} times real time (of CPU), ${
      Math.round(events / SECONDS)
    } events a simulated second, ${(tookMs * 1000 / events).toFixed(1)} us an event`,
  );
}

await measure("20 nodes, control and keepalive", 25, false);
await measure("20 nodes, a stream of 40 packets/s to two viewers", 25, true);
await measure("20 nodes, a stream of 475 packets/s to two viewers", 1000 / 475, true);
