/** Sixty nodes with fixed neighbors: one origin, 40 relays (every fourth a POP), 19 viewers. */
import { builtin, Network } from "./network.ts";

const RELAYS = 40;
/** How many watch. */
export const VIEWERS = 19;

/** Four relays at the origin, every relay with its next, one further on and one far on, viewers at two POPs. */
function neighbors(): Record<string, readonly string[]> {
  const relay = (n: number) => `r${n % RELAYS}`;
  return {
    o: [0, 10, 20, 30].map(relay),
    ...Object.fromEntries(
      Array.from(
        { length: RELAYS },
        (_, n) => [`r${n}`, [1, 4, 15].map((step) => relay(n + step))],
      ),
    ),
    ...Object.fromEntries(
      Array.from({ length: VIEWERS }, (_, n) => [`v${n}`, [4 * n, 4 * n + 20].map(relay)]),
    ),
  };
}

/** The network, once every viewer receives. Heartbeats and packets are rare: sixty of everything is much to simulate. */
export async function sixty(seed: number, observer: object = {}): Promise<Network> {
  const everywhere = [
    { plugin: builtin("observer"), with: observer },
    { plugin: builtin("keepalive"), with: { interval: "1s" } },
  ];
  const net = new Network({ seed, neighbors: neighbors(), everyMs: 200, everywhere });
  await net.bootstrap();
  await net.origin("o");
  for (let n = 0; n < RELAYS; n++) await net.relay(`r${n}`, { pop: n % 4 === 0 });
  for (let n = 0; n < VIEWERS; n++) await net.viewer(`v${n}`, ["o/s"]);
  await net.world.when(
    "every viewer receives",
    () => [...net.records.values()].filter((one) => one.received > 20).length === VIEWERS,
    60_000,
  );
  return net;
}
