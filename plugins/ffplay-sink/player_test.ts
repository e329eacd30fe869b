import assert from "node:assert/strict";
import { chunksOf } from "../../tests/conformance/ends.ts";
import { filling, mount } from "../../tests/conformance/fixture.ts";
import { streamInfo } from "../../tests/conformance/stand_ins.ts";
import type { Script } from "../../tests/sim/programs.ts";
import plugin from "./mod.ts";
import { DropGate, Player } from "./protocol.ts";

async function playing(config: Record<string, unknown>, script: Script | undefined) {
  const mounted = mount({
    plugin,
    config,
    prepare({ world, host }) {
      if (script !== undefined) world.programs(host).install("ffplay", script);
    },
  });
  const { world, host } = mounted;
  const one = mounted.create();
  await one.start();
  const sink = filling(mounted, "sink", one.life);
  const session = sink.open({ session: "w1", stream: streamInfo("o1/garden").name, title: "" });
  let ends = 0;
  session.onEnd(() => ends++);
  const feed = async (ms: number) => {
    for (let at = 0; at < ms; at += 20) {
      session.push(chunksOf(2, at));
      await world.runFor(20);
    }
  };
  const said = () => world.log(host).filter((line) => /warn|error/.test(line.level));
  return {
    world,
    one,
    session,
    feed,
    said,
    starts: world.programs(host).started,
    ends: () => ends,
  };
}

Deno.test("the player gets every byte in order, by a pipe and nothing but a pipe", async () => {
  const got: Uint8Array[] = [];
  const { one, feed, starts } = await playing(
    {},
    (p) => p.onInput((bytes) => void got.push(bytes)),
  );
  await feed(1000);
  assert.equal(got.length, 100);
  const argv = starts[0]?.argv.join(" ") ?? "";
  assert.match(
    argv,
    /-window_title o1\/garden \(w1\) -protocol_whitelist pipe -f mpegts -i pipe:0$/,
  );
  await one.stop();
});

Deno.test("a player that dies is started again, ever less often", async () => {
  const { one, feed, starts, said } = await playing({}, (process) => {
    process.errorLine("Segmentation fault");
    process.exit({ code: 139 });
  });
  await feed(60_000);
  assert.ok(starts.length >= 5 && starts.length <= 8, `${starts.length} starts in a minute`);
  assert.match(said()[0]?.event ?? "", /code 139: Segmentation fault/);
  await one.stop();
});

Deno.test("closing the window ends the session", async () => {
  const { world, one, feed, starts, ends } = await playing({}, () => {});
  await feed(1000);
  starts[0]?.exit({ code: 0 });
  await world.runFor(5000);
  assert.deepEqual([ends(), starts.length], [1, 1]);
  await one.stop();
});

Deno.test("or starts the player again, when the config says so", async () => {
  const { world, one, feed, starts, ends } = await playing({ onClose: "restart" }, () => {});
  await feed(1000);
  starts[0]?.exit({ code: 0 });
  await world.runFor(5000);
  assert.deepEqual([ends(), starts.length], [0, 2]);
  await one.stop();
});

Deno.test("no display is one clear line and no second try; the session goes on", async () => {
  const { one, feed, starts, said, ends, session } = await playing({}, (process) => {
    process.errorLine("Could not initialize SDL - x11 not available");
    process.errorLine("(Did you set the DISPLAY variable?)");
    process.exit({ code: 1 });
  });
  await feed(60_000);
  assert.deepEqual([starts.length, said().length, ends()], [1, 1, 0]);
  assert.match(said()[0]?.event ?? "", /no display is there \(DISPLAY/);
  assert.match(JSON.stringify(session.status()), /"player":"blind"/);
  await one.stop();
});

Deno.test("no ffplay is one clear line", async () => {
  const { one, feed, said } = await playing({}, undefined);
  await feed(30_000);
  assert.equal(said().length, 1);
  assert.match(said()[0]?.event ?? "", /ffplay.*Install ffmpeg/);
  await one.stop();
});

Deno.test("a player that does not read loses whole stretches, bounded and counted", async () => {
  const { world, one, feed, starts, session } = await playing(
    { queue: "256KiB" },
    (process) => process.onInput(() => {}),
  );
  await world.runFor(10);
  starts[0]?.hold(true);
  await feed(10_000);
  const held = JSON.parse(JSON.stringify(session.status()));
  assert.ok(held.queuedBytes <= 256 * 1024 + 1316, `${held.queuedBytes} bytes wait`);
  assert.ok(held.droppedBytes > 900_000);
  starts[0]?.hold(false);
  await feed(200);
  const after = JSON.parse(JSON.stringify(session.status()));
  assert.equal(after.droppedBytes, held.droppedBytes, "it plays again");
  await one.stop();
});

Deno.test("closing ends the player", async () => {
  const { world, one, session, starts } = await playing({}, () => {});
  await world.runFor(100);
  await world.until(session.close());
  await world.runFor(100);
  assert.equal(starts[0]?.running, false);
  await one.stop();
});

Deno.test("a long healthy run forgets earlier failures", () => {
  const player = new Player("end", 1000);
  const retryOf = (nowMs: number) => {
    for (const effect of player.handle({ kind: "exit", code: 1 }, nowMs)) {
      if (effect.kind === "retry") return effect.afterMs;
    }
    return undefined;
  };
  player.handle({ kind: "open" }, 0);
  assert.equal(retryOf(10), 1000);
  player.handle({ kind: "retry" }, 1010);
  assert.equal(retryOf(1020), 2000);
  player.handle({ kind: "retry" }, 3020);
  assert.equal(retryOf(60_000), 1000);
});

Deno.test("the gate shuts when full and opens at half", () => {
  const gate = new DropGate(100);
  assert.deepEqual([0, 99, 100, 60, 51, 50, 99].map((bytes) => gate.admits(bytes)), [
    true,
    true,
    false,
    false,
    false,
    true,
    true,
  ]);
});
