/**
 * One seeder, four peers that start together, every upload limited: the time until all are complete, beside
 * the lower bound of the fluid model (Kumar and Ross 2006: max(F/us, F/dmin, NF/(us + sum u))) and
 * aria2c with the same limits and a tracker.
 */
import { fill, freePort, Rig, type Usage, usage } from "./rig.ts";

/** Peers that fetch. */
export const PEERS = 4;

async function sha256(path: string): Promise<string> {
  const out = await new Deno.Command("sha256sum", { args: [path] }).output();
  return new TextDecoder().decode(out.stdout).slice(0, 64);
}

/** Bencoding of what a torrent needs. */
function bencode(value: unknown): Uint8Array {
  const text = (s: string) => new TextEncoder().encode(s);
  const join = (parts: Uint8Array[]): Uint8Array => {
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
    return all;
  };
  if (typeof value === "number") return text(`i${value}e`);
  if (typeof value === "string") return bencode(text(value));
  if (value instanceof Uint8Array) return join([text(`${value.length}:`), value]);
  const entries = Object.entries(value as Record<string, unknown>).sort(([a], [b]) =>
    a < b ? -1 : 1
  );
  const inner = entries.flatMap(([key, one]) => [bencode(key), bencode(one)]);
  return join([text("d"), ...inner, text("e")]);
}

/** A tracker that names everybody who asked so far (BEP 3, BEP 23). */
function tracker(): { readonly url: string; stop(): Promise<void> } {
  const known = new Map<string, number>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { searchParams } = new URL(request.url);
    known.set(searchParams.get("port") ?? "", Number(searchParams.get("port")));
    const ports = [...known.values()];
    const peers = Uint8Array.from(ports.flatMap((port) => [127, 0, 0, 1, port >> 8, port & 255]));
    return new Response(bencode({ interval: 5, "min interval": 2, peers }).slice());
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/announce`,
    stop: () => server.shutdown(),
  };
}

async function torrentOf(path: string, announce: string): Promise<Uint8Array> {
  const bytes = await Deno.readFile(path);
  const length = 256 * 1024;
  const pieces = new Uint8Array(Math.ceil(bytes.length / length) * 20);
  for (let i = 0; i * length < bytes.length; i++) {
    const part = bytes.subarray(i * length, (i + 1) * length);
    pieces.set(new Uint8Array(await crypto.subtle.digest("SHA-1", part)), i * 20);
  }
  const info = { name: "f.bin", length: bytes.length, "piece length": length, pieces };
  return bencode({ announce, info });
}

/** Seconds that aria2c takes for the same. */
async function aria2(rig: Rig, bits: number): Promise<number> {
  const track = tracker();
  const torrent = `${rig.folder}/f.torrent`;
  await Deno.writeFile(torrent, await torrentOf(`${rig.share("seed")}/f.bin`, track.url));
  const start = (folder: string, more: string[]) =>
    new Deno.Command("aria2c", {
      args: [
        ...`--quiet --enable-dht=false --bt-enable-lpd=false --enable-peer-exchange=true`.split(
          " ",
        ),
        ...`--seed-ratio=0 --file-allocation=none --bt-min-crypto-level=plain`.split(" "),
        `--max-overall-upload-limit=${Math.round(bits / 8)}`,
        `--listen-port=${freePort()}`,
        "--interface=127.0.0.1",
        `--dir=${folder}`,
        ...more,
        torrent,
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
  const seed = start(rig.share("seed"), ["--check-integrity=true"]);
  await new Promise((done) => setTimeout(done, 5000));
  const from = performance.now();
  const folders = Array.from({ length: PEERS }, (_, i) => rig.share(`aria${i}`));
  const leeches = folders.map((folder, i) =>
    start(folder, [`--on-bt-download-complete=/usr/bin/touch`, `--gid=${`${i + 1}`.repeat(16)}`])
  );
  const done = (folder: string) => {
    try {
      Deno.statSync(`${folder}/f.bin.aria2`);
      return false;
    } catch {
      return Deno.readDirSync(folder)[Symbol.iterator]().next().done !== true;
    }
  };
  // The control file goes when a download is complete and saved, at latest when aria2c checks it.
  let last = 0;
  while (last < 300_000 && !folders.every(done)) {
    await new Promise((next) => setTimeout(next, 200));
    last = performance.now() - from;
  }
  for (const child of [seed, ...leeches]) {
    child.kill("SIGTERM");
    await child.status;
  }
  await track.stop();
  return last / 1000;
}

/** How a swarm of real processes fared. */
export interface FluidResult {
  readonly bytes: number;
  readonly bits: number;
  readonly boundSeconds: number;
  /** Of each peer, from its first step to the file under its own name. */
  readonly seconds: readonly number[];
  readonly seeder: Usage;
  readonly peer: Usage;
  /** Seconds until the last aria2c is complete; undefined where there is none. */
  readonly aria2Seconds: number | undefined;
}

/** Measures one swarm, and aria2c after it. */
export async function measureFluid(bytes: number, bits: number): Promise<FluidResult> {
  const rate = bits / 8;
  await using rig = new Rig();
  fill(`${rig.share("seed")}/f.bin`, bytes);
  await rig.index();
  const uploadRate = `${bits / 1e6}Mbit/s`;
  const seed = rig.peer("seed", { folders: [rig.share("seed")], uploadRate });
  await rig.sharing("seed");
  const names = Array.from({ length: PEERS }, (_, i) => `p${i + 1}`);
  const nodes = names.map((name) => rig.peer(name, { get: ["f.bin"], uploadRate }));
  const seconds = (await Promise.all(names.map((name) => rig.completed(name, 600_000))))
    .map((ms) => ms / 1000);
  const wanted = await sha256(`${rig.share("seed")}/f.bin`);
  for (const name of names) {
    if (await sha256(`${rig.folder}/${name}/f.bin`) !== wanted) throw new Error(`${name} differs`);
  }
  const [one] = nodes;
  if (one === undefined) throw new Error("Cannot measure: no peer runs");
  const result = { seeder: usage(seed.pid), peer: usage(one.pid) };
  for (const node of [...nodes, seed]) await node.stop();
  const aria2Seconds = await aria2(rig, bits).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  const boundSeconds = Math.max(bytes / rate, (PEERS * bytes) / ((PEERS + 1) * rate));
  return { bytes, bits, boundSeconds, seconds, ...result, aria2Seconds };
}
