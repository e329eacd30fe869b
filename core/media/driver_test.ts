import assert from "node:assert/strict";
import fc from "fast-check";
import { addrKey } from "../ids.ts";
import type { Addr } from "../ports.ts";
import { seededRng } from "../rng.ts";
import type { EngineEvent } from "./api.ts";
import { MediaDriver } from "./driver.ts";
import { HANDSHAKE_BYTES } from "./handshake.ts";
import { NACK, numberedTs } from "./testing/rig.ts";
import { LIMITS, SSRC } from "./testing/scenes.ts";

const A: Addr = { host: "10.0.0.1", port: 7000 };
const B: Addr = { host: "10.0.0.2", port: 7000 };

/** Two drivers on one wire without delay; `lose` drops a datagram. */
class Pair {
  nowMs = 1000;
  readonly sent: { readonly from: Addr; readonly to: Addr; readonly bytes: Uint8Array }[] = [];
  readonly failures: unknown[] = [];
  readonly armed = new Map<MediaDriver, number>();
  lose = false;
  readonly a = this.#driver(A, 1);
  readonly b = this.#driver(B, 2);

  #driver(own: Addr, seed: number): MediaDriver {
    const driver = new MediaDriver({
      recovery: NACK,
      rng: seededRng(seed),
      now: () => this.nowMs,
      wires: (_socket, to, bytes) => {
        this.sent.push({ from: own, to, bytes });
        if (this.lose) return;
        if (addrKey(to) === addrKey(A)) this.a.receive(0, own, bytes);
        if (addrKey(to) === addrKey(B)) this.b.receive(0, own, bytes);
      },
      arm: (atMs) => void this.armed.set(driver, atMs),
      failed: (error) => this.failures.push(error),
    });
    return driver;
  }

  run(ms: number): void {
    for (let step = 0; step < ms; step++) {
      this.nowMs++;
      for (const driver of [this.a, this.b]) {
        if ((this.armed.get(driver) ?? Infinity) > this.nowMs) continue;
        this.armed.delete(driver);
        driver.tick();
      }
    }
  }
}

Deno.test("a cookie proves exactly the address it was given to", () => {
  const pair = new Pair();
  let cookie: Uint8Array | undefined;
  pair.a.cookie(pair.a.link(0, B), (got) => cookie = got, false);
  assert.ok(cookie);
  assert.ok(pair.b.verify(A, cookie));
  assert.ok(!pair.b.verify({ ...A, port: 7001 }, cookie));
  assert.ok(!pair.b.verify(B, cookie));
  assert.ok(!pair.a.verify(A, cookie));
  assert.equal(pair.b.counters().badCookies, 2);
});

Deno.test("a question is repeated until it is answered, and given up in the end", () => {
  const pair = new Pair();
  const answers: (Uint8Array | undefined)[] = [];
  pair.lose = true;
  const link = pair.a.link(0, B);
  pair.a.cookie(link, (got) => answers.push(got), false);
  pair.a.cookie(link, () => assert.fail("disposed"), false)[Symbol.dispose]();
  pair.run(150);
  assert.equal(pair.sent.length, 2);
  pair.lose = false;
  pair.run(200);
  assert.equal(answers.length, 1);
  assert.ok(answers[0]);
  pair.lose = true;
  pair.a.cookie(link, (got) => answers.push(got), true);
  pair.run(5000);
  assert.deepEqual(answers.slice(1), [undefined]);
});

Deno.test("a known cookie is given at once, an old one is asked for anew meanwhile", () => {
  const pair = new Pair();
  const link = pair.a.link(0, B);
  let calls = 0;
  pair.a.cookie(link, () => calls++, false);
  const { length } = pair.sent;
  pair.a.cookie(link, () => calls++, false);
  assert.deepEqual([calls, pair.sent.length], [2, length]);
  pair.run(6000);
  pair.a.cookie(link, () => calls++, false);
  assert.deepEqual([calls, pair.sent.length], [3, length + 2]);
});

Deno.test("a stranger gets a cookie no longer than its question, and nothing else for anything", () => {
  const pair = new Pair();
  pair.a.command({ kind: "open", ssrc: SSRC, limits: LIMITS });
  pair.a.command({ kind: "originate", ssrc: SSRC, first: 5 });
  const stranger: Addr = { host: "10.9.9.9", port: 4242 };
  const asked = new Pair();
  asked.a.cookie(asked.a.link(0, B), () => {}, false);
  const question = asked.sent[0]?.bytes;
  assert.ok(question);
  assert.equal(question.length, HANDSHAKE_BYTES);
  pair.a.receive(0, stranger, question);
  assert.equal(pair.sent.length, 1);
  assert.equal(pair.sent[0]?.bytes.length, question.length);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    pair.a.receive(0, stranger, bytes);
    pair.a.receive(0, stranger, new Uint8Array([0x80, 205, 0, 3, ...bytes]));
  }));
  pair.run(3000);
  assert.equal(pair.sent.length, 1);
  assert.ok(pair.a.counters().strangers > 100);
});

Deno.test("a flood of questions is answered only so often", () => {
  const pair = new Pair();
  const asked = new Pair();
  asked.a.cookie(asked.a.link(0, B), () => {}, false);
  const question = asked.sent[0]?.bytes;
  assert.ok(question);
  for (let port = 1; port < 20_000; port++) pair.a.receive(0, { host: "10.9.9.9", port }, question);
  assert.equal(pair.sent.length, 500);
});

Deno.test("a forged answer is not taken", () => {
  const pair = new Pair();
  const link = pair.a.link(0, B);
  pair.lose = true;
  pair.a.cookie(link, () => assert.fail("forged"), false);
  const forged = pair.sent[0]?.bytes.slice();
  assert.ok(forged);
  forged[0] = 0x81;
  forged[12] = (forged[12] ?? 0) ^ 1;
  pair.a.receive(0, B, forged);
  pair.a.receive(0, { host: "10.9.9.9", port: 1 }, forged);
  assert.equal(pair.a.strayAnswers, 2);
});

Deno.test("media flows from driver to driver; a listener that throws harms nobody", () => {
  const pair = new Pair();
  for (const driver of [pair.a, pair.b]) {
    driver.command({ kind: "open", ssrc: SSRC, limits: LIMITS });
  }
  pair.a.command({ kind: "originate", ssrc: SSRC, first: 5 });
  const events: EngineEvent[] = [];
  pair.b.onEvent(() => {
    throw new Error("on purpose");
  });
  pair.b.onEvent((event) => events.push(event));
  pair.a.addChild(SSRC, pair.a.link(0, B), undefined, (first) => {
    pair.b.command({ kind: "parent", ssrc: SSRC, link: pair.b.link(0, A), first });
  });
  let chunks = 0;
  const receiving = pair.b.subscribe({ ssrc: SSRC, budgetMs: 50, pace: "asap" }, (event) => {
    if (event.kind === "chunks") chunks += event.chunks.length;
  });
  for (let index = 0; index < 50; index++) {
    pair.a.publish(SSRC, numberedTs(index), pair.nowMs);
    pair.run(2);
  }
  assert.equal(chunks, 50);
  const kinds = events.map((event) => event.kind).filter((kind) => kind !== "alive");
  assert.deepEqual(kinds, ["flowing", "caught-up"]);
  assert.equal(pair.b.listenerErrors, events.length);
  assert.equal(pair.failures.length, events.length);
  receiving[Symbol.dispose]();
  pair.a.closeSocket(0);
  pair.b.closeSocket(0);
  const { length } = pair.sent;
  pair.a.publish(SSRC, numberedTs(50), pair.nowMs);
  pair.run(3000);
  assert.equal(pair.sent.length, length);
  assert.equal(pair.a.links.size, 0);
});

Deno.test("links have a limit; those that streams use stay", () => {
  const pair = new Pair();
  pair.a.command({ kind: "open", ssrc: SSRC, limits: LIMITS });
  pair.a.command({ kind: "originate", ssrc: SSRC, first: 5 });
  const used = pair.a.link(0, B);
  pair.a.addChild(SSRC, used, undefined, () => {});
  for (let index = 0; index < 40_000; index++) {
    pair.a.link(0, { host: `10.1.${index >> 8 & 255}.${index & 255}`, port: 1 + (index >> 10) });
  }
  assert.ok(pair.a.links.size <= 16_384);
  assert.ok(pair.a.links.evicted > 0);
  assert.equal(pair.a.link(0, B), used);
});
