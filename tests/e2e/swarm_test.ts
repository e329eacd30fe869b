import assert from "node:assert/strict";
import { until } from "../../cli/fleet.ts";
import { sameBytes } from "./clips.ts";
import { freePort, run, withNet } from "./net.ts";
import { noise, SwarmNet } from "./swarm_net.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

Deno.test("two of four seeders die, then the downloader: it goes on from what was verified", async () => {
  await withNet({}, async (net) => {
    const swarm = new SwarmNet(net);
    swarm.startIndex();
    const bytes = noise(12_000_000);
    const names = ["s1", "s2", "s3", "s4"];
    for (const name of names) swarm.seeder(name, { "clip.bin": bytes }, { uploadRate: "8Mbit/s" });
    await swarm.sharing(...names);
    const options = { get: ["clip.bin"], requestTimeout: "2s" };
    const leech = swarm.peer("leech", options);
    await leech.ready();
    await swarm.transfer("leech", "a quarter", (one) => one.verifiedBytes > 3_000_000);
    net.fleet.get("s1").signal("SIGKILL");
    net.fleet.get("s2").signal("SIGKILL");
    const before = await swarm.transfer("leech", "a half", (one) => one.verifiedBytes > 6_000_000);
    leech.signal("SIGKILL");
    await leech.exited;
    const again = net.restart("leech");
    await again.ready();
    const resumed = await swarm.transfer("leech", "is there again", () => true);
    assert.ok(resumed.heldPieces >= before.heldPieces, `${resumed.heldPieces} pieces were kept`);
    const done = await swarm.transfer("leech", "complete", (one) => one.complete);
    const fetched = done.peers.reduce((sum, peer) => sum + peer.downBytes, 0);
    assert.ok(fetched <= bytes.length - 6_000_000 + 600_000, `${fetched} bytes were fetched again`);
    const got = Deno.readFileSync(`${swarm.folder("leech-down")}/clip.bin`);
    assert.equal(sameBytes(got, bytes), undefined);
  });
});

Deno.test("the index is killed: transfers go on, and it knows again what it had acknowledged", async () => {
  await withNet({}, async (net) => {
    const swarm = new SwarmNet(net);
    const index = swarm.startIndex({ store: `${net.folder}/index.journal` });
    const bytes = noise(6_000_000, 2);
    swarm.seeder("s1", { "clip.bin": bytes }, { uploadRate: "12Mbit/s" });
    await swarm.sharing("s1");
    swarm.peer("leech", { get: ["clip.bin"] });
    await swarm.transfer("leech", "has begun", (one) => one.heldPieces > 2);
    index.signal("SIGKILL");
    await index.exited;
    await swarm.transfer("leech", "complete without an index", (one) => one.complete);
    const again = net.restart("index");
    await again.ready();
    const find = ["run", "-A", MAIN, "find", "CLIP", "--index", swarm.index];
    await until("both are found again", async () => {
      const found = await run(Deno.execPath(), find);
      return /2 of 2 peers complete {2}clip\.bin/.test(found.stdout);
    }, 40_000);
  });
});

/** Writes random bytes to a port, many connections over. */
async function batter(port: number, connections: number, seed: number): Promise<void> {
  for (let i = 0; i < connections; i++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const bytes = noise(64 + (i * 97) % 4000, seed + i).slice();
    // Every other one looks like a message at first.
    if (i % 2 === 0) bytes.set([0, 0, 0, bytes.length & 0xff, 1 + i % 15]);
    await conn.write(bytes).catch(() => 0);
    conn.close();
  }
}

Deno.test("noise on their ports takes neither index nor peer down", async () => {
  await withNet({}, async (net) => {
    const swarm = new SwarmNet(net);
    swarm.startIndex();
    const port = freePort();
    const bytes = noise(1_000_000, 4);
    swarm.seeder("s1", { "clip.bin": bytes }, { listen: `127.0.0.1:${port}` });
    await swarm.sharing("s1");
    await Promise.all([batter(port, 300, 7), batter(swarm.indexPort, 300, 8)]);
    swarm.peer("leech", { get: ["clip.bin"] });
    await swarm.transfer("leech", "complete", (one) => one.complete);
  });
});
