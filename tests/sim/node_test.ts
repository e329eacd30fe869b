import assert from "node:assert/strict";
import { z } from "zod";
import { definePlugin } from "../../core/define.ts";
import { startNode, stopNodes } from "./node.ts";
import { World } from "./world.ts";

/** Answers each packet by one that is one shorter; throws at the empty one. */
const echo = definePlugin({
  name: "echo",
  slot: "chaos",
  summary: "Echoes.",
  needs: [],
  config: z.strictObject({ first: z.number().default(0) }),
  create(ctx, options) {
    const held: AsyncDisposable[] = [];
    return {
      async start() {
        const socket = await ctx.net.udp({ host: ctx.self.listen, port: 7000 }, { plane: "media" });
        held.push(socket);
        socket.onPacket((from, bytes) => {
          if (bytes.length === 0) throw new Error("nothing left");
          socket.send(from, bytes.slice(1));
        });
        if (options.first > 0) {
          socket.send({ host: "b", port: 7000 }, new Uint8Array(options.first));
        }
      },
      async stop() {
        for (const one of held.splice(0)) await one[Symbol.asyncDispose]();
      },
      outgoing: (_plane, _to, bytes, send) => send(bytes),
      incoming: (_plane, _from, bytes, hand) => hand(bytes),
    };
  },
});

/** Two nodes that echo ten times; the hash of their history. */
async function play(seed: number): Promise<number> {
  const world = new World({ seed, link: { delayMs: 10, jitterMs: 5 } });
  const b = await startNode(world, { name: "b", plugins: [echo] });
  const a = await startNode(world, { name: "a", plugins: [{ plugin: echo, with: { first: 9 } }] });
  await world.runFor(1_000);
  assert.equal(world.packetsSentBy("a") + world.packetsSentBy("b"), 10);
  // The last packet made `a` throw: its kernel caught and counted it.
  const errors = ["a", "b"].map((host) => world.metrics(host).value("plugin_errors_total"));
  assert.deepEqual(errors, [1, 0]);
  assert.equal(world.log().filter((line) => line.level === "error").length, 1);
  await stopNodes(world, [a, b]);
  assert.deepEqual([world.sockets("a"), world.timers("a")], [0, 0]);
  return world.traceHash;
}

Deno.test("nodes start, talk and stop inside the world, the same way each time", async () => {
  assert.equal(await play(1), await play(1));
  assert.notEqual(await play(1), await play(2));
});

Deno.test("a node that crashed starts again as a new instance", async () => {
  const world = new World({ seed: 1 });
  const first = await startNode(world, { name: "b", plugins: [echo] });
  await world.runFor(100);
  world.crash("b");
  await world.runFor(100);
  const second = await startNode(world, { name: "b", plugins: [echo] });
  assert.ok(second.kernel.self.instance > first.kernel.self.instance);
  await stopNodes(world, [second]);
});
