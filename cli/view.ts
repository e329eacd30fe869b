/** What the admin endpoint shows of a node, read from the kernel's slots at each request. */
import type { LoadedConfig } from "./load.ts";
import type { Steering } from "./steering.ts";
import type { Kernel } from "../core/kernel.ts";
import { plain } from "../core/host/secrets.ts";
import { addrKey } from "../core/ids.ts";

/** Everything `/api/v1` answers, as functions of the running kernel. */
export function nodeView(
  kernel: Kernel,
  loaded: LoadedConfig,
  steering: Steering,
  version: string,
  nowMs: () => number,
) {
  const startedMs = nowMs();
  const self = () => kernel.peek("membership")?.self();
  const roles = () =>
    kernel.peekAll("role").map(({ id, it }) => ({ role: id, status: it.status() }));
  return {
    node: () => ({
      name: kernel.self.name,
      instance: kernel.self.instance,
      roles: kernel.self.roles,
      pop: self()?.pop ?? false,
      status: kernel.status,
      uptimeMs: Math.round(nowMs() - startedMs),
      version,
      addresses: {
        control: kernel.peek("control")?.local,
        keepalive: kernel.peek("keepalive")?.local,
        media: kernel.peek("datapath")?.local,
      },
    }),
    neighbors: () =>
      (kernel.peek("keepalive")?.watched() ?? []).map(({ peer, link }) => ({
        name: peer.name,
        instance: peer.instance,
        roles: peer.roles,
        pop: peer.pop,
        control: addrKey(peer.control),
        ...link,
      })),
    tree: () => ({
      node: kernel.self.name,
      roles: kernel.self.roles,
      pop: self()?.pop ?? false,
      origins: (kernel.peek("tree")?.origins() ?? []).map((one) => ({
        ...one,
        routes: one.routes.map((route) => ({ ...route, parent: route.parent.name })),
      })),
      subscriptions: kernel.peek("exchange")?.subscriptions() ?? [],
      children: kernel.peek("exchange")?.children() ?? [],
    }),
    streams: () => {
      const counters = kernel.peek("datapath")?.counters().streams ?? [];
      return (kernel.peek("catalog")?.streams() ?? []).map((stream) => ({
        ...stream,
        counters: counters.find((one) => one.ssrc === stream.ssrc),
      }));
    },
    pops: () => kernel.peek("catalog")?.pops() ?? [],
    sessions: () =>
      roles().flatMap(({ status }) =>
        "sessions" in status && Array.isArray(status.sessions) ? status.sessions : []
      ),
    roles,
    plugins: () => plain(kernel.describe()),
    config: () =>
      plain({
        ...loaded.config,
        ...steering.config,
        file: loaded.file,
        unsaved: steering.unsaved,
        running: kernel.describe(),
      }),
  };
}

/** What `nodeView` gives. */
export type NodeView = ReturnType<typeof nodeView>;
