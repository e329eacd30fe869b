import assert from "node:assert/strict";
import { until } from "../../cli/fleet.ts";
import { contiguousIn, numberedStream, sameBytes } from "./clips.ts";
import { TestNet, type Use, withNet } from "./net.ts";

const DIAMOND = { o: ["a1", "b1"], a1: ["a2"], b1: ["b2"], a2: ["b2", "b1"], v: ["a2", "b2"] };
const RATE = 4_000_000;

/** A diamond that carries a numbered stream into a recording. */
async function recordedDiamond(
  net: TestNet,
  seconds: number,
): Promise<{ source: Uint8Array; out: string }> {
  const source = numberedStream(9, seconds, RATE);
  const path = `${net.folder}/source.mpegts`;
  await Deno.writeFile(path, source);
  const out = `${net.folder}/out.mpegts`;
  net.bootstrap();
  net.origin("o", [{ use: "cbr-source", with: { files: [{ path, name: "clip", loop: false }] } }]);
  for (const name of ["a1", "b1"]) net.relay(name);
  for (const name of ["a2", "b2"]) net.pop(name);
  await net.ready();
  const sinks: Use[] = [
    { use: "file-sink", id: "record", with: { path: out, overwrite: true } },
    { use: "stats-sink" },
  ];
  net.viewer("v", [{ stream: "o/clip" }], sinks, { whenDone: "exit" });
  await net.session("v", "to receive", (one) => one.packets > 300);
  return { source, out };
}

async function ended(net: TestNet): Promise<void> {
  const viewer = net.fleet.get("v");
  await until("the viewer to see the end", () => !viewer.alive, 60_000);
  assert.equal((await viewer.exited).code, 0);
}

Deno.test("SIGKILL of the relay on the path: the recording is still equal", async () => {
  await withNet({ neighbors: DIAMOND }, async (net) => {
    const { source, out } = await recordedDiamond(net, 14);
    const pop = await net.parentOf("v", "o/clip") ?? "";
    const relay = await net.parentOf(pop, "o/clip") ?? "";
    net.fleet.get(relay).signal("SIGKILL");
    await net.session("v", "to go on", (one) => one.packets > 3000);
    await ended(net);
    assert.equal(sameBytes(await Deno.readFile(out), source), undefined, `killed ${relay}`);
  });
});

Deno.test("SIGKILL of the viewer's POP: the viewer goes to the other one and loses nothing", async () => {
  await withNet({ neighbors: DIAMOND }, async (net) => {
    const { source, out } = await recordedDiamond(net, 14);
    const pop = await net.parentOf("v", "o/clip") ?? "";
    net.fleet.get(pop).signal("SIGKILL");
    await net.session(
      "v",
      "to have another POP",
      (one) => one.parents?.[0] !== pop && one.state === "flowing",
    );
    await ended(net);
    assert.equal(sameBytes(await Deno.readFile(out), source), undefined, `killed ${pop}`);
  });
});

Deno.test("a relay frozen for 10 s and thawed: nothing stale, nothing twice, nothing lost", async () => {
  await withNet({ neighbors: DIAMOND }, async (net) => {
    const { source, out } = await recordedDiamond(net, 24);
    const pop = await net.parentOf("v", "o/clip") ?? "";
    const relay = net.fleet.get(await net.parentOf(pop, "o/clip") ?? "");
    relay.signal("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    relay.signal("SIGCONT");
    await ended(net);
    assert.equal(sameBytes(await Deno.readFile(out), source), undefined, `froze ${relay.name}`);
  });
});

Deno.test("the bootstrapper's death changes nothing; nodes register again when it is back", async () => {
  await withNet({ neighbors: DIAMOND }, async (net) => {
    const { source, out } = await recordedDiamond(net, 16);
    const bootstrapper = net.fleet.get("b");
    bootstrapper.signal("SIGKILL");
    await bootstrapper.exited;
    const before = (await net.sessions("v"))[0]?.packets ?? 0;
    await net.session("v", "to go on without it", (one) => one.packets > before + 1000);
    await net.restart("b").ready();
    await until("all nodes to register again", async () => {
      const roles = await net.fleet.get("b").ask<{ status?: { nodes?: { name: string }[] } }[]>(
        "/api/v1/roles",
      );
      const nodes = roles.flatMap((role) => role.status?.nodes ?? []);
      return nodes.length === 6;
    }, 20_000);
    await ended(net);
    assert.equal(sameBytes(await Deno.readFile(out), source), undefined);
  });
});

Deno.test("the origin is killed and comes back: viewers receive its new life by themselves", async () => {
  await withNet({ neighbors: DIAMOND }, async (net) => {
    await recordedDiamond(net, 40);
    const before = (await net.sessions("v"))[0];
    net.fleet.get("o").signal("SIGKILL");
    await net.fleet.get("o").exited;
    await net.restart("o").ready();
    const ssrcOf = (one: unknown) => (one as { ssrc?: number }).ssrc;
    const after = await net.session(
      "v",
      "to receive the new life",
      (one) => ssrcOf(one) !== ssrcOf(before) && one.packets > (before?.packets ?? 0) + 1000,
      30_000,
    );
    assert.equal(after.state, "flowing");
  });
});

Deno.test("a killed viewer leaves no media behind, and starts anew", async () => {
  await withNet({ neighbors: DIAMOND }, async (net) => {
    const { source, out } = await recordedDiamond(net, 40);
    const viewer = net.fleet.get("v");
    viewer.signal("SIGKILL");
    await viewer.exited;
    let before = -1;
    await until(
      "the links to be quiet",
      async () => {
        const now = await net.metric("a2", "media_packets_total", "out") +
          await net.metric("b2", "media_packets_total", "out");
        const quiet = now === before;
        before = now;
        return quiet;
      },
      30_000,
      1500,
    );
    await net.restart("v").ready();
    await net.session("v", "to receive again", (one) => one.packets > 500);
    await net.fleet.get("v").stop();
    assert.equal(contiguousIn(source, await Deno.readFile(out)), undefined);
  });
});

Deno.test("SIGTERM of each relay in turn under load loses nothing and exits 0 within 2 s", async () => {
  await withNet({ neighbors: DIAMOND }, async (net) => {
    const { source, out } = await recordedDiamond(net, 30);
    for (const name of ["a2", "b2", "a1", "b1"]) {
      const relay = net.fleet.get(name);
      const began = performance.now();
      const status = await relay.stop();
      assert.equal(status.code, 0, `${name} exits with ${status.code}`);
      const tookMs = performance.now() - began;
      assert.ok(tookMs < 4000, `${name} needed ${tookMs} ms`);
      await net.restart(name).ready();
      const { packets } = await net.session("v", "to flow", (one) => one.state === "flowing");
      await net.session("v", "to go on", (one) => one.packets > packets + 800);
      await until(`${name} to be a way again`, async () => {
        const tree = await net.fleet.get(name).ask<{ origins: { routes: unknown[] }[] }>(
          "/api/v1/tree",
        );
        return tree.origins.some((one) => one.routes.length > 0);
      });
    }
    await ended(net);
    assert.equal(sameBytes(await Deno.readFile(out), source), undefined);
  });
});
