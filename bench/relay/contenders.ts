/** What is measured: relays of this project and programs that do the same work, each behind one interface. */
import { freePort } from "../../tests/e2e/net.ts";
import type { LoadRun, LoadStream } from "./load/layout.ts";
import { hostOf, ipv4 } from "./load/libc.ts";
import type { Load } from "./load/load.ts";
import { RelayNetwork } from "./rig/network.ts";
import { cpuSeconds, installed } from "./system.ts";

/** A relay that runs and forwards to its children. */
export interface Running extends AsyncDisposable {
  /** What a run needs to send to it. */
  input(): Pick<LoadRun, "fd" | "streams" | "targets">;
  /** Tells how far a run went. */
  advance(next: readonly number[]): void;
  /** Processor seconds so far. */
  cpu(): number;
}

/** One contender. */
export interface Contender {
  readonly name: string;
  /** Its code is compiled while it runs: it is measured once that is over. */
  readonly warms: boolean;
  /** Why it cannot take part; undefined when it can. */
  readonly missing: (children: number, streams: number) => Promise<string | undefined>;
  readonly start: (load: Load, net: number, children: number, streams: number) => Promise<Running>;
}

const FIRST = 1;
/** What every contender asks for as its receive buffer, as the product does. */
const BUFFER_BYTES = 4 * 1024 * 1024;
const SETTLE_MS = 400;

const addresses = (net: number, children: number): string[] =>
  Array.from({ length: children }, (_, n) => hostOf(ipv4(`127.${net}.0.0`) + FIRST + n));

/** A relay of this project with one of its datapaths, and a network around it. */
export function product(datapath: string, available: boolean): Contender {
  return {
    name: datapath,
    warms: true,
    missing: () => Promise.resolve(available ? undefined : "there is no such plugin"),
    async start(load, net, children, streams) {
      const network = new RelayNetwork({
        net,
        relays: ["r"],
        parents: Array.from({ length: children }, () => "r"),
        streams,
        datapath,
      }, load);
      await network.start();
      return {
        input: () => network.input(),
        advance: (next) => network.advance(next),
        cpu: () => cpuSeconds(network.pid("r")),
        [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
      };
    },
  };
}

/** A program that forwards whatever comes to a port. */
function program(
  name: string,
  needs: string,
  command: (
    port: number,
    load: Load,
    net: number,
    children: number,
  ) => Promise<string[]> | string[],
  limit?: (children: number) => string | undefined,
): Contender {
  return {
    name,
    warms: false,
    missing: async (children) =>
      await installed(needs) ? limit?.(children) : `${needs} is not installed`,
    async start(load, net, children, streams) {
      const port = freePort();
      const [path = "", ...args] = await command(port, load, net, children);
      const std = Deno.env.get("BENCH_VERBOSE") === undefined ? "null" : "inherit";
      const child = new Deno.Command(path, { args, stdin: "null", stdout: std, stderr: std })
        .spawn();
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const list = Array.from({ length: streams }, (_, n): LoadStream => ({
        ssrc: 2 * n + 2,
        next: 0,
      }));
      return {
        input: () => ({
          fd: load.sendFd,
          streams: list,
          targets: [{ address: ipv4("127.0.0.1"), port }],
        }),
        advance(next) {
          for (const [at, one] of list.entries()) one.next = next[at] ?? one.next;
        },
        cpu: () => cpuSeconds(child.pid),
        async [Symbol.asyncDispose]() {
          child.kill("SIGKILL");
          await child.status;
        },
      };
    },
  };
}

const built = new Map<string, Promise<string>>();

/** Compiles a C relay once. */
function compiled(name: string): Promise<string> {
  const known = built.get(name);
  if (known !== undefined) return known;
  const making = (async () => {
    const folder = await Deno.makeTempDir({ prefix: "espalier-bench-" });
    const source = new URL(`${name}.c`, import.meta.url).pathname;
    const out = `${folder}/${name}`;
    const { success, stderr } = await new Deno.Command("cc", {
      args: ["-O2", "-o", out, source],
    }).output();
    if (!success) throw new Error(`Cannot compile ${source}: ${new TextDecoder().decode(stderr)}`);
    return out;
  })();
  built.set(name, making);
  return making;
}

const cRelay = (name: string): Contender =>
  program(`C, ${name}`, "cc", async (port, load, net, children) => [
    await compiled(name),
    `${port}`,
    addresses(net, 1)[0] ?? "",
    `${children}`,
    `${load.sinkPort}`,
  ]);

const gstreamer = program("GStreamer", "gst-launch-1.0", (port, load, net, children) => [
  "gst-launch-1.0",
  "-q",
  "udpsrc",
  "address=127.0.0.1",
  `port=${port}`,
  `buffer-size=${BUFFER_BYTES}`,
  "!",
  "multiudpsink",
  `clients=${addresses(net, children).map((one) => `${one}:${load.sinkPort}`).join(",")}`,
  "sync=false",
  "async=false",
]);

const socat = program(
  "socat",
  "socat",
  (port, load, net) => [
    "socat",
    "-u",
    "-b65536",
    `UDP4-RECV:${port},bind=127.0.0.1,rcvbuf=${BUFFER_BYTES}`,
    `UDP4-SENDTO:${addresses(net, 1)[0]}:${load.sinkPort}`,
  ],
  (children) => children === 1 ? undefined : "one child only",
);

/** As data and not as a transport stream: nothing is taken apart and put together again. */
const ffmpeg = program("ffmpeg tee", "ffmpeg", (port, load, net, children) => [
  "ffmpeg",
  "-nostdin",
  "-loglevel",
  "error",
  "-f",
  "data",
  "-raw_packet_size",
  "1328",
  "-i",
  `udp://127.0.0.1:${port}?fifo_size=100000&overrun_nonfatal=1&buffer_size=${BUFFER_BYTES}`,
  "-map",
  "0",
  "-c",
  "copy",
  "-flush_packets",
  "1",
  "-f",
  "tee",
  addresses(net, children).map((one) => `[f=data]udp://${one}:${load.sinkPort}?pkt_size=1328`).join(
    "|",
  ),
]);

/** Everyone, in the order of the tables. */
export function contenders(plugins: ReadonlySet<string>): readonly Contender[] {
  return [
    product("datapath-linux", plugins.has("datapath-linux")),
    product("datapath-deno", plugins.has("datapath-deno")),
    cRelay("batched"),
    cRelay("naive"),
    gstreamer,
    socat,
    ffmpeg,
  ];
}
