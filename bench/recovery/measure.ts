/** One run: hosts, bad links, a contender over them, and the probe at both ends. */
import { LabProcess, lines } from "../lab/client.ts";
import { type Contender, IN_PORT, OUT_PORT } from "./contenders.ts";
import type { Cell } from "./cells.ts";
import { GUARD_SECONDS, type ProbeResult } from "./probe.ts";

/** Rate of the probe's stream. */
export const MBIT = 5;
const PROBE = new URL("probe.ts", import.meta.url).pathname;
/** Bytes on a link for one payload byte when nothing is repaired: 1316 bytes, RTP, UDP and IPv4 headers. */
const PAYLOAD_SHARE = 1316 / (1316 + 12 + 8 + 20);

/** Within this the path must carry something; it then gets so long to come to rest. */
const FORM_SECONDS = 60;
const SETTLE_SECONDS = 4;

async function within<T>(seconds: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`Cannot measure: nothing arrives within ${seconds} s`)),
    seconds * 1000,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

type Pipes = Partial<Record<"stdin" | "stdout", "piped">>;

function start(argv: readonly string[], pipes: Pipes = {}): Deno.ChildProcess {
  const [program = "", ...args] = argv;
  const stderr = Deno.env.get("BENCH_VERBOSE") === undefined ? "null" : "inherit";
  return new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr, ...pipes })
    .spawn();
}

/**
 * Lets a running program's threads preempt what else the machine does. Not from its start on: what is read
 * and compiled then would hold up the programs of a measurement beside this one.
 */
async function hurry(pid: number, priority: number): Promise<void> {
  const args = ["--all-tasks", "--rr", "--pid", `${priority}`, `${pid}`];
  await new Deno.Command("chrt", { args, stdout: "null", stderr: "null" }).output();
}

/** One run of one contender on one link. */
export interface Measured extends ProbeResult {
  /** Bytes on the last link, as a share above the payload with plain headers. */
  readonly extraBytes: number;
  /** Share of packets on the last link that the emulator delivered late. */
  readonly emulatorLate: number;
}

/** Measures one contender on one link for `seconds`. */
export async function measure(
  contender: Contender,
  cell: Cell,
  seed: number,
  seconds: number,
): Promise<Measured> {
  const folder = await Deno.makeTempDir({ prefix: "espalier-bench-" });
  await using lab = new LabProcess(seed);
  const hosts = Array.from({ length: cell.hops + 1 }, (_, index) => `h${index}`);
  for (const host of hosts) await lab.addHost(host);
  for (const [index, host] of hosts.slice(1).entries()) {
    await lab.link(hosts[index] ?? "", host, { delayMs: cell.settings.delayMs ?? 0 });
  }
  // The bootstrapper's TCP must not decide the outcome: it runs over links that only delay.
  const [first = "", last = ""] = [hosts[0], hosts.at(-1)];
  const latencyMs = contender.program === undefined
    ? cell.budgetMs ?? cell.latencyMs
    : cell.latencyMs;
  const running: Deno.ChildProcess[] = [];
  try {
    for (const part of await contender.parts(lab, hosts, latencyMs, folder)) {
      running.push(start(lab.command(part.host, part.argv)));
    }
    const deno = [Deno.execPath(), "run", "-A", "--unstable-net", PROBE];
    const receiver = start(
      lab.command(last, [...deno, "receive", "127.0.0.1", `${OUT_PORT}`, "3"]),
      { stdout: "piped" },
    );
    const sender = start(
      lab.command(first, [...deno, "send", "127.0.0.1", `${IN_PORT}`, `${MBIT}`, `${seconds}`]),
      { stdin: "piped" },
    );
    running.push(receiver, sender);
    const said = lines(receiver.stdout)[Symbol.asyncIterator]();
    await within(FORM_SECONDS, said.next());
    await pause(SETTLE_SECONDS);
    for (const child of running) await hurry(child.pid, 5);
    await hurry(lab.pid, 6);
    for (const [index, host] of hosts.slice(1).entries()) {
      await lab.link(hosts[index] ?? "", host, cell.settings);
    }
    await sender.stdin.close();
    await pause(GUARD_SECONDS);
    await lab.reset();
    await pause(seconds);
    const link = await lab.totals(hosts.at(-2) ?? "", last);
    const { value } = await said.next();
    const result: ProbeResult = JSON.parse(value ?? "");
    const expected = MBIT * 1e6 / 8 * seconds / PAYLOAD_SHARE;
    return {
      ...result,
      extraBytes: link.bytes / expected - 1,
      emulatorLate: link.late / link.packets,
    };
  } finally {
    for (const child of running) {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended.
      }
    }
    await Promise.all(running.map((child) => child.status));
    await Deno.remove(folder, { recursive: true });
  }
}
