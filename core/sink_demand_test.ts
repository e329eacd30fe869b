import assert from "node:assert/strict";
import { testPorts } from "./host/testing.ts";
import type { StreamName } from "./ids.ts";
import { Listeners } from "./listeners.ts";
import { SinkDemand } from "./sink_demand.ts";
import type { Sink } from "./slots.ts";

/** A sink that wants what the test says. */
class Wanting implements Sink {
  readonly pace = "asap";
  readonly ears = new Listeners();
  streams: string[] = [];

  open(): never {
    throw new Error("not asked here");
  }

  wanted(): readonly StreamName[] {
    return this.streams as StreamName[];
  }

  onWanted(fn: () => void): Disposable {
    return this.ears.on(fn);
  }

  want(...streams: string[]): void {
    this.streams = streams;
    this.ears.emit();
  }
}

function rig() {
  const open: string[] = [];
  const sink = new Wanting();
  const sinks = new Map<string, Sink>([["web", sink]]);
  const changes = new Listeners();
  let failing = false;
  const demand = new SinkDemand(
    {
      list: () => [...sinks].map(([id, it]) => ({ id, it })),
      get: (id) => sinks.get(id),
      onChange: (fn) => changes.on(fn),
    },
    testPorts().log,
    async (_stream, _sink, session) => {
      await Promise.resolve();
      if (failing) throw new Error("no room");
      open.push(session);
      return {
        close: async () => {
          await Promise.resolve();
          open.splice(open.indexOf(session), 1);
        },
      };
    },
  );
  const settled = async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
    return [...open].sort();
  };
  return { demand, sink, sinks, changes, settled, fail: (on: boolean) => void (failing = on) };
}

Deno.test("sessions follow what a sink wants", async () => {
  const { demand, sink, settled } = rig();
  sink.streams = ["o/a"];
  demand.start();
  assert.deepEqual(await settled(), ["web-o-a"]);
  sink.want("o/a", "o/b");
  assert.deepEqual(await settled(), ["web-o-a", "web-o-b"]);
  sink.want("o/b");
  assert.deepEqual(await settled(), ["web-o-b"]);
  await demand.stop();
  assert.deepEqual(await settled(), []);
});

Deno.test("wanting and not wanting in one breath opens nothing twice and leaves nothing", async () => {
  const { demand, sink, settled } = rig();
  demand.start();
  for (let i = 0; i < 5; i++) {
    sink.want("o/a");
    sink.want();
  }
  assert.deepEqual(await settled(), []);
  sink.want("o/a");
  sink.want();
  sink.want("o/a");
  assert.deepEqual(await settled(), ["web-o-a"]);
  await demand.stop();
  sink.want("o/c");
  assert.deepEqual(await settled(), []);
});

Deno.test("a sink that goes takes its sessions along, one that comes is heard", async () => {
  const { demand, sink, sinks, changes, settled } = rig();
  sink.streams = ["o/a"];
  demand.start();
  await settled();
  sinks.clear();
  changes.emit();
  assert.deepEqual(await settled(), []);
  const other = new Wanting();
  sinks.set("tv", other);
  changes.emit();
  other.want("o/b");
  assert.deepEqual(await settled(), ["tv-o-b"]);
  await demand.stop();
});

Deno.test("what could not be opened is tried again when it is wanted again", async () => {
  const { demand, sink, settled, fail } = rig();
  demand.start();
  fail(true);
  sink.want("o/a");
  assert.deepEqual(await settled(), []);
  fail(false);
  sink.want("o/a");
  assert.deepEqual(await settled(), ["web-o-a"]);
  await demand.stop();
});

Deno.test("long names stay within what a session may be called, each its own", async () => {
  const { demand, sink, settled } = rig();
  const long = "x".repeat(60);
  demand.start();
  sink.want(`${long}/a`, `${long}/b`);
  const names = await settled();
  assert.equal(new Set(names).size, 2);
  assert.ok(names.every((name) => name.length <= 64));
  await demand.stop();
});
