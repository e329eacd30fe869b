/** What the tests of the batch datapath share: datapaths on real sockets. */
import { AutoDatapath, type AutoOptions } from "../../datapath/auto.ts";
import type { EngineThread, EngineThreads } from "../../datapath/words.ts";
import { nodeName, type Ssrc, ssrcOf } from "../../ids.ts";
import type { RecoverySpec } from "../../media/api.ts";
import type { Context } from "../../plugin.ts";
import type { Ports } from "../../ports.ts";
import { testPorts } from "../testing.ts";
import { openLibc } from "./libc.ts";
import { linuxThreads } from "./threads.ts";

export const SSRC: Ssrc = ssrcOf(0x4242_0000);
export const LIMITS = { ringPackets: 4096, ringMs: 5000, repairMs: 400 };
const RECOVERY: RecoverySpec = {
  algorithm: "nack",
  options: { reorderMaxMs: 30, triesMax: 20, budgetShare: 0.5 },
};
const OPTIONS: AutoOptions = {
  maxSockets: 64,
  socketBytes: 4 * 2 ** 20,
  gatherMs: undefined,
  gatherUpToMs: 1,
  burstMs: 0,
  wantsThread: true,
};

/** Its first start in a test has to wait for a check of its types, which a busy machine takes a minute for. */
const READY_MS = 300_000;

/** Why the batch datapath cannot be tested here; undefined when it can. */
export const missing = linuxThreads().missing();

/** A test that needs the batch datapath; a missing one is named as the reason. */
export function linuxTest(name: string, fn: () => Promise<void>): void {
  const ignore = missing !== undefined;
  Deno.test({ name: ignore ? `${name} (ignored: ${missing})` : name, ignore, fn });
}

/** A datapath on real sockets with what it logged and the thread it runs in. */
export interface RealDatapath extends AsyncDisposable {
  readonly datapath: AutoDatapath;
  readonly ports: ReturnType<typeof testPorts>;
  /** The thread that was started last. */
  thread(): EngineThread | undefined;
}

/** Remembers the threads that are started. */
function watched(threads: EngineThreads, started: EngineThread[]): Partial<Ports> {
  return {
    threads: {
      missing: () => threads.missing(),
      onMissing: (fn) => threads.onMissing(fn),
      start: async (options) => {
        const thread = await threads.start(options);
        started.push(thread);
        return thread;
      },
    },
  };
}

/** Starts one; `more` replaces ports. */
export async function realDatapath(
  host = "127.0.0.1",
  options: Partial<AutoOptions> = {},
  more: Partial<Ports> = {},
  port = 0,
): Promise<RealDatapath> {
  const ports = testPorts();
  const started: EngineThread[] = [];
  const name = nodeName("n1");
  if (name === undefined) throw new Error("Cannot start a datapath: a wrong name");
  const refuse = () => {
    throw new Error("Cannot use a slot: the test gives the recovery");
  };
  const ctx: Context<"recovery"> = {
    ...ports,
    ...watched(linuxThreads(openLibc, READY_MS), started),
    ...more,
    id: "datapath-auto",
    self: {
      name,
      instance: 1,
      roles: [],
      listen: host,
      advertise: host,
      ports: { control: 0, keepalive: 0, media: port },
      bootstrap: undefined,
      version: "0",
    },
    finish() {},
    use: refuse,
    all: refuse,
  };
  const datapath = new AutoDatapath(ctx, { ...OPTIONS, ...options }, () => RECOVERY);
  await datapath.start(new AbortController().signal);
  return {
    datapath,
    ports,
    thread: () => started.at(-1),
    [Symbol.asyncDispose]: async () => await datapath.stop(),
  };
}

/** The child fetches a cookie, the parent checks it and begins to send. */
export async function join(
  parent: RealDatapath,
  child: RealDatapath,
  ssrc = SSRC,
): Promise<void> {
  const [a, b] = [parent.datapath, child.datapath];
  b.command({ kind: "open", ssrc, limits: LIMITS });
  const up = b.link(0, a.local);
  const cookie = await new Promise<Uint8Array | undefined>((done) => void b.cookie(up, done));
  if (cookie === undefined || !a.verify(b.local, cookie)) {
    throw new Error("Cannot join: the cookie does not prove the address");
  }
  const first = await new Promise<number>((done) =>
    a.addChild(ssrc, a.link(0, b.local), undefined, done)
  );
  b.command({ kind: "parent", ssrc, link: up, first });
}

/** A numbered TS payload. */
export function ts(index: number): Uint8Array {
  const bytes = new Uint8Array(1316);
  for (let at = 0; at < bytes.length; at += 188) bytes[at] = 0x47;
  new DataView(bytes.buffer).setUint32(4, index);
  return bytes;
}

/** The number in a payload. */
export function numberIn(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset).getUint32(4);
}
