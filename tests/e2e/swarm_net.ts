/** Swarms of real processes, for tests. */
import { type FleetNode, until } from "../../cli/fleet.ts";
import { freePort, run, type TestNet } from "./net.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** A peer's status, as far as tests read it. */
export interface SwarmView {
  readonly http: string;
  readonly shared: number;
  readonly banned: readonly { readonly name: string; readonly why: string }[];
  readonly transfers: readonly {
    readonly id: string;
    readonly name: string;
    readonly complete: boolean;
    readonly pieces: number;
    readonly heldPieces: number;
    /** One bit a piece in hexadecimal digits, the first piece's first. */
    readonly map: string;
    readonly verifiedBytes: number;
    readonly peers: readonly { readonly name: string; readonly downBytes: number }[];
  }[];
}

/** An index and peers in one test's network. */
export class SwarmNet {
  readonly net: TestNet;
  readonly indexPort = freePort();

  constructor(net: TestNet) {
    this.net = net;
  }

  get index(): string {
    return `127.0.0.1:${this.indexPort}`;
  }

  startIndex(options: Readonly<Record<string, unknown>> = {}): FleetNode {
    return this.net.start("index", [{ use: "index", with: { listen: this.index, ...options } }]);
  }

  /** A folder of this test. */
  folder(name: string): string {
    const path = `${this.net.folder}/${name}`;
    Deno.mkdirSync(path, { recursive: true });
    return path;
  }

  peer(name: string, options: Readonly<Record<string, unknown>> = {}): FleetNode {
    const own = {
      listen: "127.0.0.1:0",
      index: this.index,
      downloads: this.folder(`${name}-down`),
      // Files are written just before: they need not rest for long.
      watch: "500ms",
    };
    return this.net.start(name, [{ use: "peer", with: { ...own, ...options } }]);
  }

  /** A peer that shares these bytes. */
  seeder(
    name: string,
    files: Readonly<Record<string, Uint8Array>>,
    options: Readonly<Record<string, unknown>> = {},
  ): FleetNode {
    const folder = this.folder(`${name}-share`);
    for (const [file, bytes] of Object.entries(files)) {
      Deno.writeFileSync(`${folder}/${file}`, bytes);
    }
    return this.peer(name, { folders: [folder], ...options });
  }

  /** The id of a file by its exact name, as the index tells it. */
  async find(name: string): Promise<string | undefined> {
    const command = ["run", "-A", MAIN, "find", name, "--index", this.index];
    const found = await run(Deno.execPath(), command);
    return /^[0-9a-f]{64}(?= )/m.exec(found.stdout)?.[0];
  }

  async status(name: string): Promise<SwarmView> {
    return await this.net.fleet.get(name).ask<SwarmView>("/api/v1/swarm");
  }

  /** Waits until peers share what they have. */
  async sharing(...names: readonly string[]): Promise<void> {
    await this.net.ready();
    for (const name of names) {
      await until(`${name} shares`, async () => (await this.status(name)).shared > 0);
    }
  }

  /** The first transfer of a peer once `test` holds for it. */
  async transfer(
    name: string,
    what: string,
    test: (transfer: SwarmView["transfers"][number]) => boolean,
    withinMs = 40_000,
  ): Promise<SwarmView["transfers"][number]> {
    return await until(`${name}: ${what}`, async () => {
      const [transfer] = (await this.status(name)).transfers;
      return transfer !== undefined && test(transfer) ? transfer : undefined;
    }, withinMs);
  }
}

/** Bytes that do not compress and are the same each time. */
export function noise(length: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed >>> 0 || 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state >>> 0;
  }
  return new Uint8Array(words.buffer, 0, length);
}
