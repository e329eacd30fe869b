import { definePlugin } from "../../core/define.ts";
import { addrKey } from "../../core/ids.ts";
import { UserError } from "../../core/plugin.ts";
import { config } from "./config.ts";
import { metricsOf } from "./metrics.ts";
import { PeerNode } from "./node.ts";

/** Shares folders, downloads files from many peers at once, and serves what it has. */
export default definePlugin({
  name: "peer",
  slot: "role",
  summary:
    "Shares folders with many peers, downloads from many at once, serves players on the way.",
  needs: ["piecePicker", "choker", "source"],
  config,
  create(ctx, options) {
    const node = new PeerNode(ctx, options);
    let held: Disposable[] = [];
    const status = () => {
      const nowMs = ctx.clock.now();
      return {
        listen: node.local === undefined ? undefined : addrKey(node.local),
        http: node.httpLocal === undefined ? undefined : `http://${addrKey(node.httpLocal)}`,
        index: options.index === undefined ? undefined : {
          at: addrKey(options.index),
          connected: node.index?.connected === true,
        },
        shared: node.library.list().length,
        hashing: node.library.hashing,
        leftOut: node.library.leftOut,
        connections: node.sessions.size,
        downBytesPerSecond: Math.round(node.down.perSecond(nowMs)),
        upBytesPerSecond: Math.round(node.up.perSecond(nowMs)),
        unresolved: node.downloads.unresolved,
        transfers: node.downloads.describe(nowMs),
        banned: [...node.connections.banned].map(([name, { why }]) => ({ name, why })),
        dropped: node.connections.dropped,
      };
    };
    return {
      start: async () => {
        if (held.length === 0) held = metricsOf(node);
        await node.start();
      },
      drain: () => node.drain(),
      stop: async () => {
        for (const one of held.splice(0)) one[Symbol.dispose]();
        await node.stop();
      },
      status,
      admin: [
        {
          method: "get",
          path: "/swarm",
          summary: "Transfers, peers and piece maps.",
          handle: status,
        },
        {
          method: "get",
          path: "/swarm/files",
          summary: "Files shared by this peer.",
          handle: () =>
            node.library.list().map(({ shape, name }) => ({
              id: shape.id,
              name,
              sizeBytes: shape.sizeBytes,
            })),
        },
        {
          method: "post",
          path: "/swarm/downloads/:what",
          summary: "Begins a download by id or exact name.",
          handle: ({ params }) => {
            const { what } = params;
            if (what === undefined || what.length > 240 || options.downloads === undefined) {
              throw new UserError("no-downloads", "Cannot download: no folder in `downloads`");
            }
            node.downloads.want(what);
            return { wanted: what };
          },
        },
      ],
    };
  },
});
