import assert from "node:assert/strict";
import { until } from "../../cli/fleet.ts";
import { RtcpWriter } from "../../core/wire/rtcp.ts";
import { CLIP, contiguousIn, numberedStream, sameBytes } from "./clips.ts";
import { DIAMOND, FailoverRig } from "./failover.ts";
import { freePort, needing, run, TestNet, type Use, withNet } from "./net.ts";

const recordTo = (path: string): Use => ({
  use: "file-sink",
  id: "record",
  with: { path, overwrite: true },
});

/** Sets a rule of a node's chaos plugin. */
async function chaos(net: TestNet, node: string, rule: object): Promise<void> {
  const response = await fetch(`${net.fleet.get(node).admin}/api/v1/chaos`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(rule),
  });
  const text = await response.text();
  assert.ok(response.ok, text);
}

/** Where a child of a relay takes its media. */
async function childPort(net: TestNet, node: string, name: string): Promise<number> {
  const children = await net.fleet.get(node).ask<{ child: string; media: { port: number } }[]>(
    "/api/v1/children",
  );
  const child = children.find((one) => one.child === name);
  assert.ok(child !== undefined, `${name} is no child of ${node}`);
  return child.media.port;
}

for (const dual of [false, true]) {
  const how = dual ? "with two paths " : "";
  Deno.test(`${how}relays on the path are killed at random: the viewer misses nothing and sees no pause`, async () => {
    await withNet({ neighbors: DIAMOND }, async (net) => {
      const rig = new FailoverRig(net, dual ? [{ use: "path-dual" }] : []);
      await rig.start(2_000_000);
      for (let n = 0; n < 3; n++) {
        const path = await rig.path();
        const victim = path[n % path.length] ?? "nobody";
        const cost = await rig.strike(victim, "SIGKILL", 300 + Math.random() * 500);
        const what = JSON.stringify(cost);
        assert.equal(cost.lost, 0, what);
        assert.equal(cost.disordered, 0, what);
        // A busy machine pauses by itself; the bench measures in quiet.
        assert.ok(cost.inputMs < 1500, what);
        assert.ok(cost.outputMs < 500 || cost.calmOutputMs > 100, what);
      }
    });
  });
}

Deno.test(
  needing(["ffmpeg"], "every decoded picture is bit-exact after three hops that lose 5 % each"),
  async () => {
    const neighbors = { o: ["r1"], r1: ["r2"], r2: ["v"] };
    await withNet({ neighbors }, async (net) => {
      const lossy: Use = {
        use: "chaos",
        with: {
          rules: [{ id: "lossy", direction: "in", planes: ["media"], loss: "5%", delay: "10ms" }],
        },
      };
      const out = `${net.folder}/out.mpegts`;
      net.bootstrap();
      net.origin("o", [
        { use: "cbr-source", with: { files: [{ path: CLIP, name: "clip", loop: false }] } },
        lossy,
      ]);
      net.relay("r1", {}, [lossy]);
      net.pop("r2", {}, [lossy]);
      await net.ready();
      const sinks = [recordTo(out), lossy];
      const viewer = net.viewer("v", [{ stream: "o/clip", budget: "2s" }], sinks, {
        whenDone: "exit",
      });
      await until("the viewer to see the stream's end", () => !viewer.alive, 90_000);
      const pictures = async (path: string) => {
        const { stdout, stderr } = await run("ffmpeg", [
          ...["-v", "error", "-i", path, "-map", "0:v", "-f", "framemd5", "-"],
        ]);
        assert.equal(stderr, "");
        return stdout.split("\n").filter((line) => !line.startsWith("#"));
      };
      const [sent, shown] = [await pictures(CLIP), await pictures(out)];
      assert.ok(sent.length > 100);
      assert.deepEqual(shown, sent);
    });
  },
);

Deno.test("20 handovers between two POPs lose nothing and show nothing twice", async () => {
  const neighbors = { o: ["p", "q"], p: ["q"], v: ["p", "q"] };
  await withNet({ neighbors }, async (net) => {
    const source = numberedStream(5, 70, 2_000_000);
    const path = `${net.folder}/source.mpegts`;
    await Deno.writeFile(path, source);
    const out = `${net.folder}/out.mpegts`;
    net.bootstrap();
    net.origin("o", [{
      use: "cbr-source",
      with: { files: [{ path, name: "clip", loop: false }] },
    }]);
    for (const name of ["p", "q"]) net.pop(name, {}, [{ use: "chaos" }]);
    await net.ready();
    const viewer = net.viewer("v", [{ stream: "o/clip" }], [
      recordTo(out),
      { use: "pop-selection", with: { interval: "200ms", patience: "200ms" } },
    ], { whenDone: "exit" });
    await net.session("v", "to receive", (one) => one.packets > 100);
    for (let n = 0; n < 20; n++) {
      const held = await net.parentOf("v", "o/clip") ?? "";
      const other = held === "p" ? "q" : "p";
      await chaos(net, other, { id: "far", delay: "0ms" });
      await chaos(net, held, { id: "far", direction: "out", delay: "60ms" });
      await net.session("v", `handover ${n}`, (one) => one.parents?.[0] === other, 20_000);
    }
    await until("the viewer to see the end", () => !viewer.alive, 90_000);
    assert.equal(sameBytes(await Deno.readFile(out), source), undefined);
  });
});

Deno.test("each relay drains in turn by the admin API: nothing is lost", async () => {
  await withNet({ neighbors: DIAMOND }, async (net) => {
    const rig = new FailoverRig(net);
    await rig.start(2_000_000);
    for (const name of ["a2", "a1", "b2", "b1"]) {
      const cost = await rig.drain(name);
      assert.equal(cost.lost, 0, `${name}: ${JSON.stringify(cost)}`);
      assert.equal(cost.disordered, 0, name);
    }
  });
});

/** What IPv4 and UDP add to a datagram. */
const HEADER_BYTES = 28;
const MEDIA_BYTES = 1328;

/** Media packets that came to a node, and how long the other datagrams at its media port were: reports and requests. */
async function cameTo(
  net: TestNet,
  node: string,
): Promise<{ packets: number; otherBytes: number }> {
  const text = await (await fetch(`${net.fleet.get(node).admin}/metrics`)).text();
  const [bytes = 0, datagrams = 0, packets = 0] = [
    'media_bytes_total{direction="in"}',
    'media_packets_total{direction="in"}',
    "media_stream_packets_in_total{",
  ].map((name) => {
    const line = text.split("\n").find((one) => one.startsWith(`espalier_${name}`)) ?? "";
    return Number(line.slice(line.lastIndexOf(" ") + 1));
  });
  return { packets, otherBytes: (bytes - MEDIA_BYTES * packets) / (datagrams - packets) };
}

Deno.test("a loss storm of 60 % for 5 s: few requests, no queue, whole again within a second", async () => {
  const neighbors = { o: ["r"], r: ["v"] };
  await withNet({ neighbors }, async (net) => {
    const path = `${net.folder}/source.mpegts`;
    await Deno.writeFile(path, numberedStream(3, 10, 4_000_000));
    net.bootstrap();
    net.origin("o", [{ use: "cbr-source", with: { files: [{ path, name: "clip" }] } }]);
    net.pop("r", {}, [{ use: "chaos" }]);
    await net.ready();
    net.viewer("v", [{ stream: "o/clip" }], [{ use: "stats-sink" }]);
    await net.session("v", "to receive", (one) => one.packets > 1000);
    // The link to the origin stays clean: the storm is between relay and viewer.
    const rule = { id: "storm", planes: ["media"], ports: [await childPort(net, "r", "v")] };
    await chaos(net, "r", { ...rule, loss: "60%" });
    await new Promise((resolve) => setTimeout(resolve, 5000));
    await chaos(net, "r", { ...rule, loss: "0%" });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const requests = await net.metric("v", "media_stream_nacks_sent_total");
    const { otherBytes } = await cameTo(net, "r");
    const before = (await net.sessions("v"))[0];
    const after = await net.session(
      "v",
      "to go on",
      (one) => one.packets > (before?.packets ?? 0) + 1000,
    );
    assert.equal(after.lost, before?.lost, "still losing a second after the storm");
    assert.equal(await net.parentOf("v", "o/clip"), "r");
    const { packets } = await cameTo(net, "v");
    const asked = requests * (otherBytes + HEADER_BYTES);
    const media = packets * (MEDIA_BYTES + HEADER_BYTES);
    assert.ok(otherBytes > 36 && otherBytes < 100, `${otherBytes} bytes are no request`);
    assert.ok(asked < 0.05 * media, `${requests} of ${otherBytes} bytes for ${packets} packets`);
  });
});

Deno.test("a child that asks 10,000 times a second gets its budget and no more, and its sibling notices nothing", async () => {
  await withNet({ neighbors: { o: ["p"], v: ["p"], w: ["p"] } }, async (net) => {
    const source = numberedStream(4, 20, 4_000_000);
    const path = `${net.folder}/source.mpegts`;
    await Deno.writeFile(path, source);
    const out = `${net.folder}/out.mpegts`;
    const media = freePort();
    net.bootstrap();
    const file = { path, name: "clip", loop: false };
    net.origin("o", [{ use: "cbr-source", with: { files: [file] } }]);
    net.start("p", [{ use: "relay", with: { pop: true } }], {
      ports: { control: 0, keepalive: 0, media },
    });
    await net.ready();
    const viewer = net.viewer("v", [{ stream: "o/clip" }], [recordTo(out)], { whenDone: "exit" });
    net.viewer("w", [{ stream: "o/clip" }], [{ use: "stats-sink" }]);
    const joined = await net.session("w", "to receive", (one) => one.packets > 500);
    const { ssrc } = joined as unknown as { ssrc: number };
    // The child dies and somebody else sits down at its port: to the relay it is still the one who joined.
    const port = await childPort(net, "p", "w");
    const victim = net.fleet.get("w");
    victim.signal("SIGKILL");
    await victim.exited;
    const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port });
    const head = new Promise<number>((resolve) => {
      void socket.receive().then(([bytes]) => resolve(((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)));
    });
    const newest = await head;
    const wanted = Array.from({ length: 200 }, (_, n) => newest - 201 + n + 65536);
    const writer = new RtcpWriter();
    writer.reset().receiverReport(1).nack(1, ssrc, wanted, 0);
    const storm = writer.take();
    const repaired = await net.metric("p", "media_stream_retransmits_total");
    const beganMs = performance.now();
    let sent = 0;
    // More than that fills the relay's socket before anybody has read it, on a machine with two cores.
    while (performance.now() - beganMs < 3000) {
      const due = (performance.now() - beganMs) * 10;
      for (; sent < due; sent++) {
        await socket.send(storm, { transport: "udp", hostname: "127.0.0.1", port: media });
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    socket.close();
    const repairs = await net.metric("p", "media_stream_retransmits_total") - repaired;
    assert.ok(await net.metric("p", "media_stream_nacks_received_total") > 1000, "nobody listened");
    // 4 Mbit/s are about 380 packets a second; the budget is a share of that, and half a second ahead.
    assert.ok(sent > 15_000, `only ${sent} requests sent`);
    assert.ok(repairs < 4 * 380, `${sent} requests of 200 brought ${repairs} repairs`);
    await until("the sibling to see the end", () => !viewer.alive, 60_000);
    assert.equal(contiguousIn(source, await Deno.readFile(out)), undefined);
  });
});
