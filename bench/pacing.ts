/**
 * How even a stream leaves: `deno task bench:pacing`. An origin paces a file for a minute, over one relay, into a
 * socket of this program; every window of one second is held against the nominal rate. Markdown to standard output
 * and to `docs/pacing.md`.
 */
import { numberedStream } from "../tests/e2e/clips.ts";
import { TestNet } from "../tests/e2e/net.ts";
import { writePage } from "./page.ts";

const SECONDS = Number(Deno.env.get("BENCH_SECONDS") ?? 60);
const RATES = [2e6, 8e6, 20e6];

interface Row {
  readonly rate: number;
  readonly least: number;
  readonly most: number;
  readonly within: number;
  readonly long: number;
}

/** Arrival times (ms) and bytes so far of `SECONDS` of a stream. */
async function record(rate: number): Promise<{ times: number[]; bytes: number[] }> {
  const net = new TestNet({ neighbors: { o: ["r"], r: ["v"] } });
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  try {
    const { port } = socket.addr as Deno.NetAddr;
    const path = `${net.folder}/source.mpegts`;
    await Deno.writeFile(path, numberedStream(1, 10, rate));
    net.bootstrap();
    net.origin("o", [{ use: "cbr-source", with: { files: [{ path, name: "load" }] } }]);
    net.pop("r");
    net.viewer("v", [{ stream: "o/load", pace: "asap" }], [{
      use: "udp-sink",
      with: { to: `127.0.0.1:${port}` },
    }]);
    const [times, bytes]: [number[], number[]] = [[], []];
    const buffer = new Uint8Array(2048);
    // The first two seconds hold the relay's ring, sent at once.
    let [total, from] = [0, Infinity];
    for (;;) {
      const [datagram] = await socket.receive(buffer);
      const now = performance.now();
      if (from === Infinity) from = now + 2000;
      if (now < from) continue;
      times.push(now);
      bytes.push(total += datagram.length);
      if (now > from + SECONDS * 1000) break;
    }
    net.passed = true;
    return { times, bytes };
  } finally {
    socket.close();
    if (!net.passed) net.printLogs();
    await net[Symbol.asyncDispose]();
  }
}

/** Every window of one second that begins with a datagram, against the nominal rate. */
function judge(rate: number, { times, bytes }: { times: number[]; bytes: number[] }): Row {
  const shares: number[] = [];
  for (let from = 0, to = 0; from < times.length; from++) {
    while (to < times.length && (times[to] ?? 0) < (times[from] ?? 0) + 1000) to++;
    if (to === times.length) break;
    shares.push(((bytes[to - 1] ?? 0) - (bytes[from] ?? 0)) * 8 / rate);
  }
  const last = times.length - 1;
  const seconds = ((times[last] ?? 0) - (times[0] ?? 0)) / 1000;
  return {
    rate,
    least: Math.min(...shares),
    most: Math.max(...shares),
    within: shares.filter((share) => Math.abs(share - 1) <= 0.01 + 1316 * 8 / rate).length /
      shares.length,
    long: ((bytes[last] ?? 0) - (bytes[0] ?? 0)) * 8 / seconds / rate,
  };
}

const percent = (share: number, digits = 2) => `${((share - 1) * 100).toFixed(digits)} %`;
const rows: Row[] = [];
for (const rate of RATES) rows.push(judge(rate, await record(rate)));
const table = [
  "| rate | slowest second | fastest second | seconds within 1 % (and one datagram) | whole run |",
  "| --- | --- | --- | --- | --- |",
  ...rows.map((row) =>
    `| ${row.rate / 1e6} Mbit/s | ${percent(row.least)} | ${percent(row.most)} | ${
      (row.within * 100).toFixed(2)
    } % | ${percent(row.long, 4)} |`
  ),
].join("\n");
await writePage(
  new URL("../docs/pacing.md", import.meta.url),
  `# Pacing, measured

\`deno task bench:pacing\`: a file is paced by an origin and runs over one relay into a socket, all real
processes on one machine of ${navigator.hardwareConcurrency} cores, ${SECONDS} s a row. Every window of one second that begins with a
datagram is held against the nominal rate.

${table}
`,
);
Deno.exit(0);
