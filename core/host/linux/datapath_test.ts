import assert from "node:assert/strict";
import type { EngineThreads } from "../../datapath/words.ts";
import type { LinkEntry } from "../../media/link_table.ts";
import type { Addr } from "../../ports.ts";
import { denoClock, Guard } from "../deno_clock.ts";
import { testPorts, until } from "../testing.ts";
import type { PumpOrder, PumpReport } from "./pump_rig.ts";
import { openLibc } from "./libc.ts";
import { KernelClock } from "./poller.ts";
import { join, LIMITS, linuxTest, numberIn, realDatapath, SSRC, ts } from "./testing.ts";
import { linuxThreads } from "./threads.ts";

for (const host of ["127.0.0.1", "::1"]) {
  linuxTest(
    `a stream crosses two threads over ${host}, every packet once and in order`,
    async () => {
      await using origin = await realDatapath(host);
      await using relay = await realDatapath(host);
      await using viewer = await realDatapath(host);
      assert.equal(origin.ports.log.lines[0]?.fields["datapath"], "linux");
      origin.datapath.command({ kind: "open", ssrc: SSRC, limits: LIMITS });
      origin.datapath.command({ kind: "originate", ssrc: SSRC, first: 65_000 });
      await join(origin, relay);
      const events: string[] = [];
      using _events = viewer.datapath.onEvent(({ kind }) => events.push(kind));
      const got: number[] = [];
      using _receiving = viewer.datapath.receive(
        { ssrc: SSRC, budgetMs: 1000, pace: "asap" },
        (event) => {
          if (event.kind === "chunks") {
            got.push(...event.chunks.map((one) => numberIn(one.payload)));
          }
        },
      );
      // The relay knows the stream's numbers before its first packet; so does its child.
      await join(relay, viewer);
      const count = 3000;
      for (let index = 0; index < count; index++) {
        origin.datapath.publish(SSRC, ts(index), origin.ports.clock.now());
        if (index % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await until("everything has come", () => got.length === count, 10_000);
      assert.deepEqual(got, Array.from({ length: count }, (_, index) => index));
      assert.ok(events.includes("flowing"));
      const head = viewer.datapath.position(SSRC).head ?? 0;
      assert.equal(head, 65_000 + count - 1);
      assert.equal(viewer.datapath.position(SSRC).next, head + 1);
      assert.ok(
        Math.abs(viewer.datapath.position(SSRC).lastArrivalMs - performance.now()) < 10_000,
      );
      await until("it is counted", () => viewer.datapath.counters().packetsIn >= count);
      assert.equal(relay.datapath.counters().sendErrors, 0);
    },
  );
}

interface Pump {
  /** Where packets come from, and where what is forwarded goes. */
  readonly feed: Addr;
  readonly sink: Addr;
  run(order: PumpOrder): Promise<PumpReport>;
}

/** A thread that feeds a relay and takes what it forwards. */
async function pump(): Promise<Pump> {
  const worker = new Worker(new URL("./pump_rig.ts", import.meta.url), { type: "module" });
  const next = () =>
    new Promise<{ readonly feed: Addr; readonly sink: Addr; readonly report: PumpReport }>(
      (resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => reject(new Error(event.message));
      },
    );
  const { feed, sink } = await next();
  return {
    feed,
    sink,
    run: async (order) => {
      const answer = next();
      worker.postMessage(order);
      const { report } = await answer;
      worker.terminate();
      return report;
    },
  };
}

/** A relay between the two ends of a pump. */
async function relayFor({ feed, sink }: Pump, options: Parameters<typeof realDatapath>[1] = {}) {
  const relay = await realDatapath("127.0.0.1", options);
  const { datapath } = relay;
  datapath.command({ kind: "open", ssrc: SSRC, limits: LIMITS });
  datapath.command({ kind: "parent", ssrc: SSRC, link: datapath.link(0, feed), first: 0 });
  const child = datapath.link(0, sink);
  assert.equal(await new Promise((done) => datapath.addChild(SSRC, child, undefined, done)), 0);
  return relay;
}

const realClock = () => denoClock(new Guard(testPorts().log, { add() {} }));
const turn = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

linuxTest(
  "a main thread that is blocked for 500 ms, ten times, loses and holds up nothing",
  async () => {
    const feeder = await pump();
    await using relay = await relayFor(feeder);
    const found = openLibc();
    assert.ok("libc" in found);
    const clock = new KernelClock(found.libc);
    const to = relay.datapath.local;
    const running = feeder.run({ to, ssrc: SSRC, packets: 3000, everyMs: 2 });
    await until("it flows", () => (relay.datapath.position(SSRC).head ?? 0) > 50, 20_000);
    const blocked: [number, number][] = [];
    for (let times = 0; times < 10; times++) {
      const startMs = clock.now();
      while (clock.now() < startMs + 500);
      blocked.push([startMs, clock.now()]);
      await turn(20);
    }
    const { lost, doubled, cameMs } = await running;
    found.libc.unload();
    assert.deepEqual({ lost, doubled }, { lost: [], doubled: 0 });
    // Whatever waited for the main thread came between the blocks.
    const within = cameMs.filter((ms) => blocked.some(([from, to]) => ms > from && ms < to)).length;
    assert.ok(within > cameMs.length / 2, `${within} of ${cameMs.length} came during the blocks`);
  },
);

linuxTest(
  "a thread that dies is replaced by plain sockets: streams, children and receivers go on",
  async () => {
    await using origin = await realDatapath();
    await using relay = await realDatapath();
    await using viewer = await realDatapath();
    origin.datapath.command({ kind: "open", ssrc: SSRC, limits: LIMITS });
    origin.datapath.command({ kind: "originate", ssrc: SSRC, first: 7 });
    await join(origin, relay);
    const got: number[] = [];
    using _receiving = viewer.datapath.receive(
      { ssrc: SSRC, budgetMs: 3000, pace: "asap" },
      (event) => {
        if (event.kind === "chunks") got.push(...event.chunks.map((one) => numberIn(one.payload)));
      },
    );
    await join(relay, viewer);
    const session = await relay.datapath.openSocket();
    let sent = 0;
    const publish = async (count: number) => {
      for (const end = sent + count; sent < end; sent++) {
        origin.datapath.publish(SSRC, ts(sent), origin.ports.clock.now());
        if (sent % 5 === 4) await turn(2);
      }
    };
    await publish(300);
    await until("the first part has come", () => got.length === 300);
    const { local } = relay.datapath;
    // No order that the main thread gives looks like this: the engine cannot go on.
    relay.thread()?.order([{ kind: "link", link: undefined as unknown as LinkEntry }], []);
    await until(
      "the change is told",
      () => relay.ports.log.lines.some(({ event }) => event === "media-datapath-changed"),
    );
    assert.deepEqual(relay.datapath.local, local);
    await publish(300);
    await until("the second part has come", () => got.length === 600, 10_000);
    assert.deepEqual(got, Array.from({ length: 600 }, (_, index) => index));
    relay.datapath.closeSocket(session.id);
    assert.notEqual((await relay.datapath.openSocket()).id, session.id);
  },
);

linuxTest(
  "a node that is impaired from now on does without its thread and loses nothing",
  async () => {
    const threads = linuxThreads();
    let told: ((why: string) => void) | undefined;
    const watched: EngineThreads = {
      ...threads,
      onMissing: (fn) => {
        told = fn;
        return { [Symbol.dispose]: () => void (told = undefined) };
      },
    };
    await using origin = await realDatapath();
    await using viewer = await realDatapath("127.0.0.1", {}, {
      threads: watched,
      clock: realClock(),
    });
    origin.datapath.command({ kind: "open", ssrc: SSRC, limits: LIMITS });
    origin.datapath.command({ kind: "originate", ssrc: SSRC, first: 7 });
    const got: number[] = [];
    using _receiving = viewer.datapath.receive(
      { ssrc: SSRC, budgetMs: 600, pace: "smooth" },
      (event) => {
        if (event.kind === "chunks") got.push(...event.chunks.map((one) => numberIn(one.payload)));
      },
    );
    await join(origin, viewer);
    const { local } = viewer.datapath;
    for (let sent = 0; sent < 600; sent++) {
      origin.datapath.publish(SSRC, ts(sent), origin.ports.clock.now());
      if (sent % 5 === 4) await turn(10);
      // The first packets have been delivered, hundreds wait in the receiver.
      if (sent === 400) told?.("the test impairs it");
    }
    await until("all have come", () => got.length === 600, 10_000);
    assert.deepEqual(got, Array.from({ length: 600 }, (_, index) => index));
    assert.deepEqual(viewer.datapath.local, local);
    assert.deepEqual(
      viewer.ports.log.lines.map(({ event, fields }) => [event, fields["datapath"]]),
      [["media-datapath", "linux"], ["media-datapath-changed", "deno"]],
    );
  },
);

linuxTest("an origin's thread that dies goes on with the next number", async () => {
  await using origin = await realDatapath();
  await using viewer = await realDatapath();
  origin.datapath.command({ kind: "open", ssrc: SSRC, limits: LIMITS });
  origin.datapath.command({ kind: "originate", ssrc: SSRC, first: 100 });
  const got: number[] = [];
  using _receiving = viewer.datapath.receive(
    { ssrc: SSRC, budgetMs: 1000, pace: "asap" },
    (event) => {
      if (event.kind === "chunks") got.push(...event.chunks.map((one) => one.sequence));
    },
  );
  await join(origin, viewer);
  const publish = (index: number) =>
    origin.datapath.publish(SSRC, ts(index), origin.ports.clock.now());
  for (let index = 0; index < 50; index++) publish(index);
  await until("the first part has come", () => got.length === 50);
  await until("the origin knows it", () => origin.datapath.position(SSRC).head === 149);
  origin.thread()?.order([{ kind: "link", link: undefined as unknown as LinkEntry }], []);
  await until(
    "the change is told",
    () => origin.ports.log.lines.some(({ event }) => event === "media-datapath-changed"),
  );
  for (let index = 50; index < 100; index++) publish(index);
  await until("the second part has come", () => got.length === 100, 10_000);
  assert.deepEqual(got, Array.from({ length: 100 }, (_, index) => 100 + index));
});

linuxTest("a thread that cannot start leaves media to plain sockets, and says why", async () => {
  await using one = await realDatapath("127.0.0.1", {}, {
    threads: {
      missing: () => undefined,
      onMissing: () => ({ [Symbol.dispose]() {} }),
      start: () => Promise.reject(new Error("Cannot run a media thread: the test says so")),
    },
  });
  const [line] = one.ports.log.lines;
  assert.equal(line?.level, "warn");
  assert.equal(line?.fields["datapath"], "deno");
  assert.match(String(line?.fields["why"]), /the test says so/);
  assert.ok(one.datapath.local.port > 0);
});

linuxTest("a port that is taken is told as it is, whatever the engine", async () => {
  await using one = await realDatapath();
  const { host, port } = one.datapath.local;
  await assert.rejects(realDatapath(host, {}, {}, port), { code: "address-in-use" });
});

linuxTest("sessions have sockets of their own, up to the limit", async () => {
  await using one = await realDatapath("127.0.0.1", { maxSockets: 3 });
  const { datapath } = one;
  const opened = await Promise.all([1, 2, 3].map(() => datapath.openSocket()));
  assert.equal(new Set([...opened.map(({ local }) => local.port), datapath.local.port]).size, 4);
  assert.equal(new Set(opened.map(({ id }) => id)).size, 3);
  await assert.rejects(datapath.openSocket(), { code: "full" });
  datapath.closeSocket(opened[0]?.id ?? 0);
  datapath.closeSocket(opened[0]?.id ?? 0);
  assert.ok((await datapath.openSocket()).local.port > 0);
});

linuxTest("orders after the end do nothing", async () => {
  const one = await realDatapath();
  const { datapath } = one;
  await datapath.stop();
  await datapath.stop();
  datapath.command({ kind: "open", ssrc: SSRC, limits: LIMITS });
  datapath.publish(SSRC, ts(0), 0);
  datapath.cookie(datapath.link(0, { host: "127.0.0.1", port: 9 }), () => assert.fail("called"));
  assert.equal(datapath.position(SSRC).head, undefined);
  await assert.rejects(datapath.openSocket(), { code: "closed" });
});
