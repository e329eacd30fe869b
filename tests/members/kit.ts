/** What the tests of registration and catalogue share: nodes in the seeded world, without media. */
import assert from "node:assert/strict";
import { z } from "zod";
import { definePlugin } from "../../core/define.ts";
import type { Membership } from "../../core/slots.ts";
import bootstrap from "../../plugins/bootstrap/mod.ts";
import catalog from "../../plugins/catalog-gossip/mod.ts";
import control from "../../plugins/control-udp/mod.ts";
import nearest from "../../plugins/discovery-nearest/mod.ts";
import keepalive from "../../plugins/keepalive/mod.ts";
import membership from "../../plugins/membership-bootstrap/mod.ts";
import { type NodePlugin, type SimNode, startNode } from "../sim/node.ts";
import type { World } from "../sim/world.ts";

function never(): never {
  throw new Error("Cannot move media: this test has none");
}

/** A datapath that has an address and nothing else. */
export const noDatapath = definePlugin({
  name: "no-datapath",
  slot: "datapath",
  summary: "An address without media behind it.",
  needs: [],
  config: z.strictObject({}),
  create: (ctx) => ({
    start() {},
    stop() {},
    local: { host: ctx.self.listen, port: 7000 },
    openSocket: never,
    closeSocket: never,
    link: never,
    cookie: never,
    verify: never,
    command: never,
    addChild: never,
    publish: never,
    receive: never,
    position: never,
    counters: never,
    onEvent: never,
  }),
});

/** A role that does nothing, under the names of those that do. */
export function idleRole(name: string) {
  return definePlugin({
    name,
    slot: "role",
    summary: "Does nothing.",
    needs: ["membership", "catalog"],
    config: z.strictObject({}),
    create: () => ({ start() {}, stop() {}, status: () => ({}) }),
  });
}

/** Starts a bootstrapper. */
export function startBootstrap(
  world: World,
  discovery: NodePlugin = nearest,
  options: object = {},
): Promise<SimNode> {
  return startNode(world, {
    name: "b1",
    plugins: [{ plugin: bootstrap, with: options }, discovery],
  });
}

/** Starts a node that registers at `b1` unless it has fixed neighbors. */
export function startMember(
  world: World,
  name: string,
  options: {
    readonly role?: string;
    readonly host?: string;
    readonly neighbors?: readonly string[];
    readonly catalog?: object;
  } = {},
): Promise<SimNode> {
  const { neighbors } = options;
  const list = neighbors?.map((other) => ({ name: other, host: other }));
  return startNode(world, {
    name,
    host: options.host ?? name,
    plugins: [
      idleRole(options.role ?? "relay"),
      control,
      keepalive,
      noDatapath,
      { plugin: membership, with: list === undefined ? {} : { neighbors: list } },
      { plugin: catalog, with: options.catalog ?? {} },
    ],
    ...(neighbors === undefined ? { bootstrap: { host: "b1", port: 5000 } } : {}),
  });
}

/** What fills a slot of a node. */
export function slotOf<K extends "membership" | "keepalive" | "catalog">(node: SimNode, slot: K) {
  const filling = node.kernel.peek(slot);
  assert.ok(filling !== undefined, `${node.name} has no ${slot}`);
  return filling;
}

/** Names of a node's neighbors. */
export function neighborNames(node: SimNode): readonly string[] {
  const { neighbors } = slotOf(node, "membership") as Membership;
  return neighbors().map((peer) => peer.name).sort();
}

/** What the bootstrapper says. */
export function bootstrapStatus(node: SimNode): {
  readonly nodes: readonly { readonly name: string; readonly connected: boolean }[];
  readonly dropped: Readonly<Record<string, number>>;
} {
  const role = node.kernel.peekAll("role")[0]?.it;
  assert.ok(role !== undefined);
  return role.status() as ReturnType<typeof bootstrapStatus>;
}
