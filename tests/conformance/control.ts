/** What every control plane keeps: messages and answers arrive, failures are told once, forgers get nothing. */
import assert from "node:assert/strict";
import type { ControlFailure } from "../../core/slots.ts";
import type { Message, MessageType } from "../../core/wire/messages.ts";
import { World } from "../sim/world.ts";
import type { Fixture } from "./fixture.ts";
import { Network } from "./network.ts";
import { peerOf } from "./stand_ins.ts";

const SEEK = (n: number) => ({ origin: peerOf("o").name, epoch: 1, sequence: n, hops: 0 });
const PROBE = { nonce: 7, pad: new Uint8Array(64) };
const PROBED = { nonce: 7, children: 1, maxChildren: 2, closed: false };

type Answer = Message<MessageType> | ControlFailure;

async function pair(fixture: Fixture, world: World) {
  const network = new Network(world, fixture, [["a", "b"]]);
  await network.start("a", "b");
  return { network, a: network.slot("a", "control"), b: network.slot("b", "control") };
}

const words = (answers: readonly Answer[]) =>
  answers.map((answer) => typeof answer === "string" ? answer : answer.type);

/** Registers the suite. */
export function controlSuite(fixture: Fixture): void {
  const { name } = fixture.plugin;

  Deno.test(`${name}: a message arrives whole, with its sender's name and address`, async () => {
    const world = new World({ seed: 1, link: { delayMs: 10 } });
    const { network, a, b } = await pair(fixture, world);
    const got: Message<"SEEK">[] = [];
    const names: string[] = [];
    b.onMessage("SEEK", (message) => got.push(message));
    b.onHeard((who) => names.push(who));
    a.send(network.peer("b"), "SEEK", SEEK(1));
    await world.runFor(1_000);
    assert.deepEqual(got.map((m) => [m.from, m.instance, m.body]), [
      ["a", network.peer("a").instance, SEEK(1)],
    ]);
    assert.deepEqual(got[0]?.addr, a.local);
    assert.ok(names.includes("a"));
    await network.stopAll();
  });

  Deno.test(`${name}: a request gets its answer once, over a lossy link too`, async () => {
    const world = new World({
      seed: 2,
      link: { delayMs: 10, jitterMs: 5, lossShare: 0.2, duplicateShare: 0.2, fifo: false },
    });
    const { network, a, b } = await pair(fixture, world);
    let asked = 0;
    b.onMessage("PROBE", (message) => {
      asked++;
      b.reply(message, "PROBED", PROBED);
    });
    const answers: Answer[][] = [];
    for (let i = 0; i < 30; i++) {
      const own: Answer[] = [];
      answers.push(own);
      a.request(network.peer("b"), "PROBE", PROBE, { timeoutMs: 8_000 }, (one) => own.push(one));
      await world.runFor(100);
    }
    await world.runFor(10_000);
    for (const own of answers) assert.deepEqual(words(own), ["PROBED"]);
    assert.ok(asked >= 30);
    await network.stopAll();
  });

  Deno.test(`${name}: a request that nobody answers fails once, in time`, async () => {
    const world = new World({ seed: 3 });
    const { network, a } = await pair(fixture, world);
    const answers: Answer[] = [];
    const nobody = peerOf("nobody", "10.99.0.1");
    a.request(nobody, "PROBE", PROBE, { timeoutMs: 2_000 }, (one) => answers.push(one));
    await world.runFor(1_900);
    assert.deepEqual(words(answers).filter((word) => word === "timeout"), []);
    await world.runFor(5_000);
    assert.equal(answers.length, 1);
    assert.match(words(answers)[0] ?? "", /^(timeout|unreachable)$/);
    await network.stopAll();
  });

  Deno.test(`${name}: a disposed request is heard of no more`, async () => {
    const world = new World({ seed: 4 });
    const { network, a, b } = await pair(fixture, world);
    b.onMessage("PROBE", (message) => b.reply(message, "PROBED", PROBED));
    const answers: Answer[] = [];
    a.request(network.peer("b"), "PROBE", PROBE, { timeoutMs: 1_000 }, (one) => answers.push(one))
      [Symbol.dispose]();
    await world.runFor(3_000);
    assert.deepEqual(answers, []);
    await network.stopAll();
  });

  Deno.test(`${name}: open requests are told when the plane stops`, async () => {
    const world = new World({ seed: 5 });
    const { network, a } = await pair(fixture, world);
    const answers: Answer[] = [];
    a.request(
      peerOf("nobody", "10.99.0.1"),
      "PROBE",
      PROBE,
      { timeoutMs: 60_000 },
      (one) => answers.push(one),
    );
    await network.stop("a");
    assert.deepEqual(words(answers).filter((word) => word !== "stopped"), []);
    assert.ok(answers.length <= 1);
    await network.stopAll();
  });

  Deno.test(`${name}: a neighbor that restarted is spoken to again`, async () => {
    const world = new World({ seed: 6, link: { delayMs: 10 } });
    const { network, a } = await pair(fixture, world);
    a.send(network.peer("b"), "SEEK", SEEK(1));
    await world.runFor(1_000);
    network.crash("b");
    await world.runFor(500);
    await network.start("b");
    const got: number[] = [];
    network.slot("b", "control").onMessage("SEEK", (message) => got.push(message.body.sequence));
    for (let i = 2; i < 8; i++) {
      a.send(network.peer("b"), "SEEK", SEEK(i));
      await world.runFor(500);
    }
    assert.ok(got.length >= 4, `${got}`);
    await network.stopAll();
  });

  Deno.test(`${name}: a forger hears nothing longer than what it sends, and is never believed`, async () => {
    const world = new World({ seed: 7 });
    const { network, a, b } = await pair(fixture, world);
    const samples: Uint8Array[] = [];
    using _all = world.sniff((from, _to, bytes, _fate, plane) => {
      if (plane === "control" && from.host === "a") samples.push(bytes);
    });
    b.onMessage("PROBE", (message) => b.reply(message, "PROBED", PROBED));
    a.request(network.peer("b"), "PROBE", PROBE, { timeoutMs: 1_000 }, () => {});
    a.send(network.peer("b"), "SEEK", SEEK(1));
    await world.runFor(2_000);
    assert.ok(samples.length > 0);
    const got: string[] = [];
    b.onMessage("SEEK", (message) => got.push(message.addr.host));
    b.onMessage("PROBE", (message) => got.push(message.addr.host));
    const victim = { host: "192.0.2.9", port: 6000 };
    let received = 0;
    using _victim = world.sniff((_from, to, bytes) => {
      if (to.host === victim.host) received += bytes.length;
    });
    for (const bytes of samples) {
      received = 0;
      world.inject(victim, b.local, bytes);
      await world.runFor(15_000);
      assert.ok(received <= bytes.length, `${received} bytes for ${bytes.length}`);
    }
    assert.deepEqual(got.filter((host) => host === victim.host), []);
    await network.stopAll();
  });

  Deno.test(`${name}: noise is dropped and the plane works on`, async () => {
    const world = new World({ seed: 8 });
    const { network, a, b } = await pair(fixture, world);
    const got: number[] = [];
    b.onMessage("SEEK", (message) => got.push(message.body.sequence));
    for (let i = 0; i < 500; i++) {
      const bytes = world.rng.bytes(Math.floor(world.rng.next() * 1300));
      world.inject(a.local, b.local, bytes);
      world.inject({ host: "192.0.2.7", port: 1 }, b.local, bytes);
    }
    a.send(network.peer("b"), "SEEK", SEEK(9));
    await world.runFor(3_000);
    assert.deepEqual(got, [9]);
    await network.stopAll();
  });
}
