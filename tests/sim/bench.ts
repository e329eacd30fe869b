// deno run -A tests/sim/bench.ts: how fast is the seeded world?
import type { UdpSocket } from "../../core/ports.ts";
import { World } from "./world.ts";

interface Result {
  readonly what: string;
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly timesRealTime: number;
}

async function measure(what: string, simulatedMs: number, world: World): Promise<Result> {
  await world.run(100);
  const before = world.events;
  const began = performance.now();
  await world.run(100 + simulatedMs);
  const tookMs = performance.now() - began;
  const events = world.events - before;
  return {
    what,
    events,
    eventsPerSecond: Math.round(events / tookMs * 1000),
    timesRealTime: Math.round(simulatedMs / tookMs),
  };
}

/** Timers only: each fires and sets itself again, another is set and cancelled. */
function timers(): World {
  const world = new World({ seed: 1 });
  for (let i = 0; i < 1000; i++) {
    const { clock, rng } = world.ports(`10.0.${i >> 8}.${i & 255}`);
    const tick = (): void => {
      clock.after(10 + rng.next(), tick);
      clock.after(50, tick)[Symbol.dispose]();
    };
    tick();
  }
  return world;
}

/** Pairs that play ping-pong over links with loss and jitter; a timer restarts lost games. */
async function pingPong(pairs: number): Promise<World> {
  const world = new World({ seed: 2, link: { delayMs: 5, jitterMs: 2, lossShare: 0.01 } });
  const ball = new Uint8Array(100);
  for (let i = 0; i < pairs; i++) {
    const [a, b] = [world.ports(`a${i}`), world.ports(`b${i}`)];
    const left = await world.until(a.net.udp({ host: `a${i}`, port: 1 }, { plane: "control" }));
    const right = await world.until(b.net.udp({ host: `b${i}`, port: 1 }, { plane: "control" }));
    left.onPacket((from, bytes) => left.send(from, bytes));
    right.onPacket((from, bytes) => right.send(from, bytes));
    const serve = (): void => {
      left.send(right.local, ball);
      a.clock.after(500, serve);
    };
    serve();
  }
  return world;
}

/** 20 nodes: heartbeats to four neighbours each, and a stream of 475 packets/s down a binary tree. */
async function network(): Promise<World> {
  const world = new World({ seed: 3, link: { delayMs: 10, jitterMs: 3, lossShare: 0.01 } });
  const sockets: UdpSocket[] = [];
  for (let i = 0; i < 20; i++) {
    const { net } = world.ports(`n${i}`);
    sockets.push(await world.until(net.udp({ host: `n${i}`, port: 7000 }, { plane: "media" })));
  }
  sockets.forEach((socket, i) => {
    const { clock } = [...world.host(`n${i}`).processes][0]?.ports ?? world.ports(`n${i}`);
    const neighbors = [1, 2, 5, 7].map((step) => sockets[(i + step) % 20]).filter((s) =>
      s !== undefined
    );
    const children = [2 * i + 1, 2 * i + 2].map((c) => sockets[c]).filter((s) => s !== undefined);
    const heartbeat = new Uint8Array(40);
    const beat = (): void => {
      for (const other of neighbors) socket.send(other.local, heartbeat);
      clock.after(200, beat);
    };
    beat();
    socket.onPacket((_from, bytes) => {
      if (bytes.length < 100) return;
      for (const child of children) socket.send(child.local, bytes);
    });
    if (i > 0) return;
    const media = new Uint8Array(1328);
    const push = (): void => {
      for (const child of children) socket.send(child.local, media);
      clock.after(1000 / 475, push);
    };
    push();
  });
  return world;
}

const results = [
  await measure("1,000 hosts with timers", 10_000, timers()),
  await measure("200 games of ping-pong", 60_000, await pingPong(200)),
  await measure("20 nodes, keepalive and 5 Mbit/s of media", 60_000, await network()),
];
console.table(results);
