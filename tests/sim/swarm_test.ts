import assert from "node:assert/strict";
import { stopNodes } from "./node.ts";
import { content, same, startIndex, startPeer, statusOf } from "./swarm_kit.ts";
import { World } from "./world.ts";

Deno.test("a file goes from one peer to another, found by name", async () => {
  const world = new World({ seed: 1 });
  const bytes = content(700_000, 1);
  world.disk("10.0.1.1").put("/share/clip.mp4", bytes);
  const index = await startIndex(world);
  const seeder = await startPeer(world, "seed", "10.0.1.1", { pieceSize: "64KiB" });
  await world.when("it is shared", () => statusOf(seeder.kernel).shared === 1);
  const leech = await startPeer(world, "leech", "10.0.1.2", { get: ["clip.mp4"] });
  await world.when("it is complete", () => statusOf(leech.kernel).transfers[0]?.complete === true);
  assert.ok(same(world.disk("10.0.1.2").read("/down/clip.mp4"), bytes));
  await stopNodes(world, [leech, seeder, index]);
  for (const host of ["10.0.0.1", "10.0.1.1", "10.0.1.2"]) {
    assert.equal(world.timers(host), 0, `timers of ${host}`);
    assert.equal(world.sockets(host), 0, `sockets of ${host}`);
  }
});
