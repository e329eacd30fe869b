import assert from "node:assert/strict";
import { until } from "../../cli/fleet.ts";
import { seededRng } from "../../core/rng.ts";
import { numberedStream, sameBytes } from "./clips.ts";
import { withNet } from "./net.ts";

const LINE = { o: ["r1"], r1: ["r2"], r2: ["v"] };
const SEED = Number(Deno.env.get("SEED") ?? 1);
const DATAGRAMS = 100_000;
/** A second at each port: twenty times the stream's own packets, and what the test machine's two cores still carry. */
const RATE = 4000;
const CLIENTS = 1000;

/** Samples that look like each plane's packets, to be mutated. */
function samples(): Uint8Array[] {
  const text = new TextEncoder();
  const rtp = new Uint8Array(1328).fill(0x47);
  rtp.set([0x80, 33, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4]);
  const nack = Uint8Array.from([0x81, 205, 0, 3, 0, 0, 0, 1, 1, 2, 3, 4, 0, 1, 0xff, 0xff]);
  const report = Uint8Array.from([0x80, 200, 0, 6, ...new Array(24).fill(7)]);
  const app = Uint8Array.from([0x80, 204, 0, 8, ...new Array(32).fill(1)]);
  // CBOR: [1, 1, "r9", 5, 6, {pad: h''}, h'', h'']
  const hello = Uint8Array.from([
    0x88,
    1,
    1,
    0x62,
    ...text.encode("r9"),
    5,
    6,
    0xa1,
    0x63,
    ...text.encode("pad"),
    0x58,
    32,
    ...new Array(32).fill(0),
    0x40,
    0x48,
    ...new Array(8).fill(9),
  ]);
  return [rtp, nack, report, app, hello, new Uint8Array(64).fill(1), new Uint8Array(0)];
}

Deno.test(`random and mutated datagrams and broken clients disturb nothing (SEED=${SEED})`, async () => {
  await withNet({ neighbors: LINE }, async (net) => {
    const source = numberedStream(3, 40, 2_000_000);
    const path = `${net.folder}/source.mpegts`;
    await Deno.writeFile(path, source);
    const out = `${net.folder}/out.mpegts`;
    net.bootstrap();
    net.origin("o", [{
      use: "cbr-source",
      with: { files: [{ path, name: "clip", loop: false }] },
    }]);
    net.relay("r1");
    net.pop("r2");
    await net.ready();
    net.viewer("v", [{ stream: "o/clip" }], [{
      use: "file-sink",
      id: "record",
      with: { path: out, overwrite: true },
    }], { whenDone: "exit" });
    await net.session("v", "to receive", (one) => one.packets > 100);

    const { addresses } = await net.fleet.get("r1").ask<{
      addresses: Record<"control" | "keepalive" | "media", { port: number }>;
    }>("/api/v1/node");
    const rng = seededRng(SEED);
    const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    const kinds = samples();
    const hurl = async (port: number) => {
      const began = performance.now();
      for (let n = 0; n < DATAGRAMS; n++) {
        const earlyMs = began + n * 1000 / RATE - performance.now();
        if (earlyMs > 1) await new Promise((resolve) => setTimeout(resolve, earlyMs));
        const random = rng.next() < 0.5;
        const bytes = random
          ? rng.bytes(Math.floor(rng.next() * 300))
          : (kinds[Math.floor(rng.next() * kinds.length)] ?? kinds[0] as Uint8Array).slice();
        if (!random && bytes.length > 0) {
          for (let flips = Math.floor(rng.next() * 6); flips > 0; flips--) {
            bytes[Math.floor(rng.next() * bytes.length)] = Math.floor(rng.next() * 256);
          }
        }
        await socket.send(bytes, { transport: "udp", hostname: "127.0.0.1", port });
      }
    };
    const breakIn = async () => {
      for (let n = 0; n < CLIENTS; n++) {
        try {
          const client = await Deno.connect({ hostname: "127.0.0.1", port: net.bootstrapPort });
          const kind = n % 4;
          if (kind === 0) await client.write(rng.bytes(200));
          if (kind === 1) await client.write(Uint8Array.from([0xff, 0xff, 0xff, 0xff, 1, 2]));
          if (kind === 2) await client.write(Uint8Array.from([0, 0, 0, 9, ...rng.bytes(9)]));
          client.close();
        } catch {
          // The bootstrapper may refuse or cut a broken client.
        }
      }
    };
    try {
      await Promise.all([
        hurl(addresses.control.port),
        hurl(addresses.keepalive.port),
        hurl(addresses.media.port),
        breakIn(),
      ]);
    } finally {
      socket.close();
    }
    for (const name of ["b", "o", "r1", "r2"]) assert.ok(net.fleet.get(name).alive, `${name} died`);
    const viewer = net.fleet.get("v");
    const dropped = await net.metric("r1", "control_dropped_total");
    assert.ok(dropped > 1000, `control counted ${dropped} dropped messages`);
    assert.ok(await net.metric("b", "bootstrap_closed_total") > 100, "the bootstrapper counted");
    await until("the viewer to see the end", () => !viewer.alive, 60_000);
    assert.equal(sameBytes(await Deno.readFile(out), source), undefined);
    assert.equal(await net.metric("r1", "plugin_errors_total"), 0, "a callback threw");
  });
});
