/** Who is measured: each carries a UDP transport stream from the first host of a chain to the last. */
import type { LabProcess } from "../lab/client.ts";

/** Where the probe sends to on the first host, and listens on the last. */
export const IN_PORT = 9100;
export const OUT_PORT = 9200;
/** Where hops listen for each other. */
const HOP_PORT = 9300;

/** A program to run on a host. */
export interface Part {
  readonly host: string;
  readonly argv: readonly string[];
}

/** One way to carry the stream over a chain of hosts. */
export interface Contender {
  readonly name: string;
  /** The program it needs; it is left out where that is missing. */
  readonly program: string | undefined;
  /** It adds parity, so it is measured where that is asked for only. */
  readonly parity?: boolean;
  parts(
    lab: LabProcess,
    hosts: readonly string[],
    latencyMs: number,
    folder: string,
  ): Promise<Part[]>;
}

/** Pairs of neighboring hosts of a chain. */
const hops = (hosts: readonly string[]): [string, string][] =>
  hosts.slice(1).map((to, index) => [hosts[index] ?? "", to]);

/** Datagrams as they are, each hop one socat. */
const plain: Contender = {
  name: "plain UDP",
  program: "socat",
  parts: (lab, hosts) =>
    Promise.resolve(hosts.map((host, index) => {
      const next = hosts[index + 1];
      const from = `udp4-recv:${index === 0 ? IN_PORT : HOP_PORT}`;
      const to = next === undefined
        ? `udp4-sendto:127.0.0.1:${OUT_PORT}`
        : `udp4-sendto:${lab.address(next)}:${HOP_PORT}`;
      return { host, argv: ["socat", "-u", "-b", "2000", from, to] };
    })),
};

const srt: Contender = {
  name: "SRT (srt-live-transmit)",
  program: "srt-live-transmit",
  parts: (lab, hosts, latencyMs) => {
    const parts: Part[] = hops(hosts).map(([from, to], index) => ({
      host: from,
      argv: [
        "srt-live-transmit",
        "-q",
        index === 0
          ? `udp://:${IN_PORT}`
          : `srt://:${HOP_PORT}?mode=listener&latency=${latencyMs}&tlpktdrop=1`,
        `srt://${lab.address(to)}:${HOP_PORT}?mode=caller&latency=${latencyMs}&tlpktdrop=1`,
      ],
    }));
    const last = hosts.at(-1) ?? "";
    parts.push({
      host: last,
      argv: [
        "srt-live-transmit",
        "-q",
        `srt://:${HOP_PORT}?mode=listener&latency=${latencyMs}&tlpktdrop=1`,
        `udp://127.0.0.1:${OUT_PORT}`,
      ],
    });
    return Promise.resolve(parts.reverse());
  },
};

const rist: Contender = {
  name: "RIST (librist)",
  program: "ristsender",
  parts: (lab, hosts, latencyMs) => {
    const parts: Part[] = [];
    for (const [index, [from, to]] of hops(hosts).entries()) {
      const input = index === 0 ? `udp://@0.0.0.0:${IN_PORT}` : `udp://@127.0.0.1:${IN_PORT}`;
      const output = to === hosts.at(-1) ? OUT_PORT : IN_PORT;
      const buffer = `buffer=${latencyMs}`;
      parts.push({
        host: to,
        argv: [
          "ristreceiver",
          "-v",
          "0",
          "-i",
          `rist://@0.0.0.0:${HOP_PORT}?${buffer}`,
          "-o",
          `udp://127.0.0.1:${output}`,
        ],
      });
      parts.push({
        host: from,
        argv: [
          "ristsender",
          "-v",
          "0",
          "-i",
          input,
          "-o",
          `rist://${lab.address(to)}:${HOP_PORT}?${buffer}`,
        ],
      });
    }
    return Promise.resolve(parts);
  },
};

/** How Espalier is set up for one measurement. */
interface Setup {
  readonly name: string;
  readonly recovery: Readonly<Record<string, unknown>>;
  readonly parity?: boolean;
}

/** Origin on the first host, relays between, viewer on the last; the bootstrapper is on the first host too. */
function espalier({ name, recovery, parity = false }: Setup): Contender {
  const main = new URL("../../main.ts", import.meta.url).pathname;
  return {
    name,
    parity,
    program: undefined,
    async parts(lab, hosts, latencyMs, folder) {
      const names = hosts.map((_host, index) =>
        index === 0 ? "o" : index === hosts.length - 1 ? "v" : `r${index}`
      );
      const neighbors = Object.fromEntries(
        names.slice(0, -1).map((one, index) => [one, [names[index + 1]]]),
      );
      const first = lab.address(hosts[0] ?? "");
      const parts: Part[] = [];
      const add = async (host: string, name: string, plugins: object[]) => {
        const file = `${folder}/${name}.yaml`;
        const config = {
          name,
          listen: lab.address(host),
          bootstrap: `${first}:5000`,
          ports: name === "b" ? { control: 0, keepalive: 0, media: 0 } : undefined,
          log: { format: "json", level: "warn" },
          plugins,
        };
        await Deno.writeTextFile(file, JSON.stringify(config));
        parts.push({
          host,
          argv: [Deno.execPath(), "run", "-A", "--unstable-net", main, "node", "--config", file],
        });
      };
      await add(hosts[0] ?? "", "b", [
        { use: "bootstrap", with: { listen: `${first}:5000` } },
        { use: "discovery-static", with: { neighbors } },
      ]);
      for (const [index, host] of hosts.entries()) {
        const lastRelay = index === hosts.length - 2;
        if (index === 0) {
          await add(host, "o", [
            { use: "origin", with: { pop: lastRelay } },
            { use: "udp-source", with: { listen: `0.0.0.0:${IN_PORT}`, name: "probe" } },
            recovery,
          ]);
        } else if (index < hosts.length - 1) {
          await add(host, `r${index}`, [{ use: "relay", with: { pop: lastRelay } }, recovery]);
        } else {
          await add(host, "v", [
            {
              use: "viewer",
              with: { sessions: [{ stream: "o/probe", budget: `${latencyMs}ms`, pace: "smooth" }] },
            },
            { use: "udp-sink", with: { to: `127.0.0.1:${OUT_PORT}` } },
            recovery,
          ]);
        }
      }
      return parts;
    },
  };
}

/** Everybody, in the order of the table. */
export const CONTENDERS: readonly Contender[] = [
  espalier({ name: "Espalier (NACK)", recovery: { use: "recovery-nack" } }),
  espalier({
    name: "Espalier (FEC + NACK)",
    parity: true,
    // Rows alone, one parity packet in ten: columns take longer than the shortest budget here.
    recovery: { use: "recovery-fec", with: { columns: 10, rows: 1 } },
  }),
  srt,
  rist,
  plain,
];
