import assert from "node:assert/strict";
import { createKernel } from "../../core/kernel.ts";
import type { NodeName, Peer } from "../../core/ids.ts";
import type { Addr, TcpStream } from "../../core/ports.ts";
import { seededRng } from "../../core/rng.ts";
import { parseAddr } from "../../core/units.ts";
import { decodeFrame, Deframer, encodeFrame } from "../../core/wire/frame.ts";
import { testPorts, until } from "../../core/host/testing.ts";
import bootstrap from "../../plugins/bootstrap/mod.ts";
import discovery from "../../plugins/discovery-nearest/mod.ts";

const SEED = 20261123;

function peer(name: string, host = "127.0.0.1"): Peer {
  const at = (port: number) => ({ host, port });
  return {
    name: name as NodeName,
    instance: 5,
    roles: ["relay"],
    pop: false,
    control: at(6000),
    keepalive: at(6001),
    media: at(7000),
  };
}

function register(one: Peer, from = one.name): Uint8Array {
  const body = { peer: one, rtts: [] };
  return encodeFrame({
    type: "REGISTER",
    from,
    instance: one.instance,
    seq: 1,
    body,
    re: undefined,
  });
}

/** An honest client: counts its answers and the moments it waited for them. */
class Client {
  readonly answers: string[] = [];
  neighbors: readonly string[] = [];
  waitedMs = 0;
  closed = false;
  readonly #deframer = new Deframer();
  #askedMs = 0;

  constructor(readonly stream: TcpStream, readonly self: Peer) {
    stream.onEvent((event) => {
      if (event.kind === "close") this.closed = true;
      if (event.kind !== "data") return;
      const deframed = this.#deframer.push(event.bytes);
      assert.ok(deframed.ok);
      for (const frame of deframed.frames) {
        const decoded = decodeFrame(frame);
        assert.ok(decoded.ok);
        this.answers.push(decoded.envelope.type);
        this.waitedMs = Math.max(this.waitedMs, performance.now() - this.#askedMs);
        if (decoded.envelope.type === "REGISTERED") {
          this.neighbors = decoded.envelope.body.neighbors.map((one) => one.name);
        }
      }
    });
  }

  ask(): void {
    this.#askedMs = performance.now();
    this.stream.write(register(this.self));
  }
}

/** Everything that a broken or hostile client may do. */
function misbehave(stream: TcpStream, kind: number, rng: ReturnType<typeof seededRng>): void {
  const valid = register(peer(`h${kind}`));
  const cut = 1 + Math.floor(rng.next() * (valid.length - 1));
  const mutated = valid.slice();
  const at = Math.floor(rng.next() * mutated.length);
  mutated[at] = (mutated[at] ?? 0) ^ (1 + Math.floor(rng.next() * 255));
  const bye = encodeFrame({
    type: "DEREGISTER",
    from: "honest0" as NodeName,
    instance: 4,
    seq: 1,
    body: { name: "honest0" as NodeName, instance: 4 },
    re: undefined,
  });
  const acts: readonly (() => void)[] = [
    () => {},
    () => stream.destroy(),
    () => stream.write(rng.bytes(1 + Math.floor(rng.next() * 2000))),
    () => stream.write(Uint8Array.of(255, 255, 255, 255, 1, 2, 3)),
    () => stream.write(Uint8Array.of(0, 0, 0, 0)),
    () => stream.write(valid.slice(0, cut)),
    () => stream.write(mutated),
    () => stream.write(register(peer("honest0", "10.9.8.7"))),
    () => stream.write(register(peer("intruder"), "honest1" as NodeName)),
    () => stream.write(bye),
    () => {
      stream.write(valid.slice(0, cut));
      stream.end();
    },
  ];
  acts[kind % acts.length]?.();
}

Deno.test("a thousand broken clients disturb neither the bootstrapper nor its nodes", async () => {
  const ports = testPorts();
  const loopback = { host: "127.0.0.1", port: 0 };
  const kernel = createKernel({
    plugins: new Map([["bootstrap", bootstrap], ["discovery-nearest", discovery]]),
    defaults: {},
    config: {
      name: "b1" as NodeName,
      listen: "127.0.0.1",
      advertise: "127.0.0.1",
      ports: { control: 0, keepalive: 0, media: 0 },
      bootstrap: undefined,
      admin: undefined,
      log: { level: "info", format: "auto" },
      plugins: [
        {
          use: "bootstrap",
          id: undefined,
          with: { listen: "127.0.0.1:0", firstMessage: "1s", maxConnectionsPerAddress: 200 },
        },
        { use: "discovery-nearest", id: undefined, with: {} },
      ],
    },
    instance: 1,
    ports: () => ports,
  });
  await kernel.start();
  const role = kernel.peekAll("role")[0]?.it;
  const status = () =>
    role?.status() as { listen: string; connections: number; nodes: { name: string }[] };
  const at: Addr = parseAddr(status().listen) ?? loopback;
  const dial = () => ports.net.dial(at, new AbortController().signal);
  const honest: Client[] = [];
  for (let i = 0; i < 10; i++) honest.push(new Client(await dial(), peer(`honest${i}`)));
  for (const client of honest) client.ask();
  await until("all know each other", () => honest.every((one) => one.neighbors.length > 0));

  const rng = seededRng(SEED);
  const hostile: TcpStream[] = [];
  for (let round = 0; round < 20; round++) {
    const streams = await Promise.all(Array.from({ length: 50 }, dial));
    streams.forEach((stream, i) => misbehave(stream, round * 50 + i, rng));
    hostile.push(...streams);
    if (round % 5 !== 0) continue;
    const counts = honest.map((one) => one.answers.length);
    for (const client of honest) client.ask();
    await until(
      `answers in round ${round} (seed ${SEED})`,
      () => honest.every((one, i) => one.answers.length > (counts[i] ?? 0)),
    );
  }
  const latecomer = new Client(await dial(), peer("late"));
  latecomer.ask();
  await until("a newcomer gets in", () => latecomer.neighbors.length > 0);
  // A mutation that leaves a valid message makes a node like any other.
  await until("the broken are gone", () => status().connections <= status().nodes.length, 5000);
  assert.deepEqual(
    status().nodes.map((node) => node.name).filter((name) => /^(honest|late)/.test(name)),
    [...honest.map((one) => one.self.name), latecomer.self.name].sort(),
  );
  assert.ok(honest.every((one) => !one.closed && one.waitedMs < 1000), `seed ${SEED}`);
  assert.equal(ports.metrics.value("plugin_errors_total"), 0);
  const closed = (reason: string) => ports.metrics.value("bootstrap_closed_total", { reason });
  for (const reason of ["deadline", "malformed", "address", "identity", "unexpected"]) {
    assert.ok(closed(reason) > 0, reason);
  }
  const streams = [...hostile, ...[...honest, latecomer].map((one) => one.stream)];
  await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()));
  await kernel.stop();
});
