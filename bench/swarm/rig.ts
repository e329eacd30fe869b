/** Peers and an index as real processes, for measurements. */
import { Fleet, type FleetNode, until } from "../../cli/fleet.ts";

/** A peer's status, as far as benches read it. */
export interface BenchStatus {
  readonly shared: number;
  readonly transfers: readonly {
    readonly name: string;
    readonly complete: boolean;
    readonly verifiedBytes: number;
    readonly wastedBytes: number;
  }[];
}

/** A port that nothing is bound to just now. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** One bench's processes and files. */
export class Rig implements AsyncDisposable {
  readonly folder: string;
  readonly fleet = new Fleet();
  readonly indexPort = freePort();

  /** `dir` holds its files; the system's folder for such when left out. */
  constructor(dir?: string) {
    this.folder = Deno.makeTempDirSync({
      prefix: "espalier-swarm-",
      ...(dir === undefined ? {} : { dir }),
    });
  }

  start(name: string, use: string, options: Readonly<Record<string, unknown>>): FleetNode {
    const admin = freePort();
    const config = {
      name,
      listen: "127.0.0.1",
      ports: { control: 0, keepalive: 0, media: 0 },
      admin: { listen: `127.0.0.1:${admin}` },
      log: { level: "info", format: "json" },
      plugins: [{ use, with: options }],
    };
    const file = `${this.folder}/${name}.yaml`;
    Deno.writeTextFileSync(file, JSON.stringify(config));
    return this.fleet.spawn(name, file, `http://127.0.0.1:${admin}`);
  }

  async index(): Promise<void> {
    await this.start("index", "index", { listen: `127.0.0.1:${this.indexPort}` }).ready(60_000);
  }

  peer(name: string, options: Readonly<Record<string, unknown>> = {}): FleetNode {
    return this.start(name, "peer", {
      listen: "127.0.0.1:0",
      watch: "500ms",
      index: `127.0.0.1:${this.indexPort}`,
      downloads: `${this.folder}/${name}`,
      ...options,
    });
  }

  /** The folder of a peer, for files that it shares. */
  share(name: string): string {
    const folder = `${this.folder}/${name}-share`;
    Deno.mkdirSync(folder, { recursive: true });
    return folder;
  }

  async status(name: string): Promise<BenchStatus> {
    return await this.fleet.get(name).ask<BenchStatus>("/api/v1/swarm");
  }

  /** Waits until a peer shares something. */
  async sharing(name: string): Promise<void> {
    await this.fleet.get(name).ready(60_000);
    await until(`${name} shares`, async () => (await this.status(name)).shared > 0, 180_000);
  }

  /** Milliseconds a download took from its beginning to its own name, as its log says. */
  async completed(name: string, withinMs: number): Promise<number> {
    const { log } = this.fleet.get(name);
    return await until(
      `${name} to complete`,
      () => {
        const line = log.find((one) => one.includes('"download complete"'));
        const parsed: { ms?: number } = line === undefined ? {} : JSON.parse(line);
        return parsed.ms;
      },
      withinMs,
      20,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Writes a file of random bytes. */
export function fill(path: string, bytes: number): void {
  using file = Deno.openSync(path, { write: true, create: true });
  const block = new Uint8Array(1024 * 1024);
  for (let at = 0; at < bytes; at += block.length) {
    for (let i = 0; i < block.length; i += 65_536) {
      crypto.getRandomValues(block.subarray(i, i + 65_536));
    }
    file.writeSync(block.subarray(0, Math.min(block.length, bytes - at)));
  }
}

/** What a process cost. */
export interface Usage {
  readonly peakMb: number;
  readonly cpuSeconds: number;
}

/** Most memory a process ever had resident, and the CPU time it used. */
export function usage(pid: number): Usage {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const peakMb = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000;
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
  return { peakMb, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100 };
}
