/** Swarms in the seeded world: an index and peers with small files. */
import chokerFair from "../../plugins/choker-fair/mod.ts";
import chokerTitForTat from "../../plugins/choker-tit-for-tat/mod.ts";
import index from "../../plugins/index/mod.ts";
import peer from "../../plugins/peer/mod.ts";
import pickerRarest from "../../plugins/picker-rarest/mod.ts";
import pickerSequential from "../../plugins/picker-sequential/mod.ts";
import pickerStreaming from "../../plugins/picker-streaming/mod.ts";
import { z } from "zod";
import { definePlugin } from "../../core/define.ts";
import type { Loadable } from "../../core/plugin.ts";
import type { StoredFiles } from "../../core/slots.ts";
import type { Kernel } from "../../core/kernel.ts";
import { seededRng } from "../../core/rng.ts";
import { makeNode, type SimNode, startNode } from "./node.ts";
import type { World } from "./world.ts";

/** Every plugin a swarm's nodes may use. */
export const SWARM_PLUGINS = [
  chokerFair,
  chokerTitForTat,
  pickerRarest,
  pickerSequential,
  pickerStreaming,
];
const defaults = { piecePicker: "picker-streaming", choker: "choker-tit-for-tat" };
export const INDEX = { host: "10.0.0.1", port: 7300 };

/** A peer's status, as far as tests read it. */
export interface PeerStatus {
  readonly shared: number;
  readonly connections: number;
  readonly unresolved: readonly string[];
  readonly banned: readonly { readonly name: string; readonly why: string }[];
  readonly dropped: Readonly<Record<string, number>>;
  readonly transfers: readonly {
    readonly id: string;
    readonly name: string;
    readonly complete: boolean;
    readonly heldPieces: number;
    readonly wastedBytes: number;
    readonly error: string | undefined;
    readonly peers: readonly { readonly name: string; readonly downBytes: number }[];
  }[];
}

/** The status of a node's role. */
export function statusOf<T = PeerStatus>(kernel: Kernel): T {
  // Roles describe themselves; the tests know which one they ask.
  return kernel.peekAll("role")[0]?.it.status() as T;
}

/** Bytes that are the same for one seed. */
export function content(bytes: number, seed: number): Uint8Array {
  return seededRng(seed).bytes(bytes);
}

/** Starts the index. */
export function startIndex(world: World, options: Record<string, unknown> = {}): Promise<SimNode> {
  return startNode(world, {
    name: "index",
    host: INDEX.host,
    plugins: [{ plugin: index, with: options }],
  });
}

/** Makes a peer; `host` holds its disk. */
export function makePeer(
  world: World,
  name: string,
  host: string,
  options: Record<string, unknown> = {},
  more: readonly Loadable[] = [],
): SimNode {
  return makeNode(world, {
    name,
    host,
    plugins: [{
      plugin: peer,
      with: {
        index: `${INDEX.host}:${INDEX.port}`,
        folders: ["/share"],
        downloads: "/down",
        ...options,
      },
    }, ...more],
    available: SWARM_PLUGINS,
    defaults,
  });
}

/** A source that plays nothing and keeps what a peer offers it. */
export function catching(offered: StoredFiles[]): Loadable {
  return definePlugin({
    name: "catching",
    slot: "source",
    summary: "Keeps what a peer offers.",
    needs: [],
    config: z.strictObject({}),
    create: () => ({
      start() {},
      stop() {},
      streams: () => [],
      onChange: () => ({ [Symbol.dispose]() {} }),
      open: () => ({ [Symbol.asyncDispose]: () => Promise.resolve() }),
      attach(files) {
        offered.push(files);
        return { [Symbol.dispose]() {} };
      },
    }),
  });
}

/** Starts a peer. */
export async function startPeer(
  world: World,
  name: string,
  host: string,
  options: Record<string, unknown> = {},
): Promise<SimNode> {
  world.disk(host).makeFolder("/share");
  const node = makePeer(world, name, host, options);
  await world.until(node.kernel.start());
  return node;
}

/** Whether two byte strings are the same. */
export function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}
