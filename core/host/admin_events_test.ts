import assert from "node:assert/strict";
import { EventStreams } from "./admin_events.ts";
import { Problem } from "./problem.ts";
import { eventHub, MemoryMetrics, until } from "./testing.ts";

/** Streams over a hub, and a way to read them. */
function open(more: { clientsMax?: number; heartbeatMs?: number; keep?: number } = {}) {
  const hub = eventHub(more.keep);
  const metrics = new MemoryMetrics();
  const abort = new AbortController();
  const streams = new EventStreams({ hub, metrics, stopping: abort.signal, ...more });
  return { hub, metrics, abort, streams };
}

/** Reads until a text has come; fails when the stream ends before. */
class Follower {
  text = "";
  readonly #reader: ReadableStreamDefaultReader<string>;

  constructor(response: Response) {
    assert.ok(response.body);
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  async until(wanted: string): Promise<string> {
    while (!this.text.includes(wanted)) {
      const { done, value } = await this.#reader.read();
      assert.ok(!done, `the stream ended before ${wanted}: ${this.text}`);
      this.text += value;
    }
    return this.text;
  }

  async rest(): Promise<string> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return this.text;
      this.text += value;
    }
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

Deno.test("a follower hears what happens from now on", async () => {
  const { hub, streams } = open();
  hub.emit("joined", { parent: "before" });
  const follower = new Follower(streams.open(undefined));
  hub.emit("left", { parent: "n1" });
  const text = await follower.until("n1");
  assert.match(text, /^retry: \d+\n/);
  assert.doesNotMatch(text, /before/);
  assert.match(
    text,
    new RegExp(`id: ${hub.last}\nevent: left\ndata: \\{.*"kind":"left".*\\}\n\n$`),
  );
  await follower.cancel();
  await until("the client is forgotten", () => streams.clients === 0);
  assert.equal(hub.listeners, 0);
});

Deno.test("a follower that comes back gets what it has missed, and is told when that is not all", async () => {
  const { hub, streams } = open({ keep: 3 });
  hub.emit("joined", { parent: "a" });
  const seen = hub.last;
  hub.emit("joined", { parent: "b" });
  const back = new Follower(streams.open(seen));
  const text = await back.until('"b"');
  assert.doesNotMatch(text, /"a"|event: gap/);
  await back.cancel();
  for (let i = 0; i < 5; i++) hub.emit("left");
  const late = new Follower(streams.open(seen));
  assert.match(await late.until("event: left"), /event: gap/);
  await late.cancel();
});

Deno.test("a line that is silent carries a sign of life", async () => {
  const { streams } = open({ heartbeatMs: 5 });
  const follower = new Follower(streams.open(undefined));
  await follower.until(": alive\n\n");
  await follower.cancel();
});

Deno.test("followers are bounded, and whoever is too much is told when to come back", async () => {
  const { streams, metrics } = open({ clientsMax: 2 });
  const followers = [new Follower(streams.open(0)), new Follower(streams.open(0))];
  assert.throws(() => streams.open(0), (error: Problem) => {
    assert.equal(error.status, 503);
    assert.equal(error.code, "too-many-clients");
    assert.equal(error.headers["retry-after"], "10");
    return true;
  });
  assert.equal(metrics.value("admin_event_clients_refused_total"), 1);
  for (const one of followers) await one.cancel();
  const again = new Follower(streams.open(0));
  await again.cancel();
});

Deno.test("a follower that does not read is cut and counted; another one goes on", async () => {
  const { hub, streams, metrics } = open();
  const stuck = streams.open(undefined);
  const reads = new Follower(streams.open(undefined));
  let emitted = 0;
  while (metrics.value("admin_event_clients_cut_total") === 0) {
    assert.ok(emitted++ < 10_000, "never cut");
    hub.emit(`x-${emitted}`, { text: "x".repeat(400) });
    await reads.until(`id: ${hub.last}\n`);
  }
  assert.equal(streams.clients, 1);
  await reads.cancel();
  await stuck.body?.cancel();
});

Deno.test("when the endpoint stops every follower's stream ends, and no new one begins", async () => {
  const { abort, streams, hub } = open();
  const follower = new Follower(streams.open(0));
  await follower.until("retry");
  abort.abort();
  await follower.rest();
  assert.equal(streams.clients, 0);
  assert.equal(hub.listeners, 0);
  assert.throws(() => streams.open(0), Problem);
});
