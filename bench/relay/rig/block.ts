/** A plugin for one test of the rig: `GET /api/v1/block?ms=500` holds up the node's main thread for so long. */
import { definePlugin, z } from "../../../core/mod.ts";

const LONGEST_MS = 2000;

export default definePlugin({
  name: "block",
  slot: "role",
  summary: "Holds up the main thread when asked to, to show that media go on.",
  needs: [],
  config: z.strictObject({}),
  create: () => ({
    start() {},
    stop() {},
    status: () => ({}),
    admin: [{
      method: "get",
      path: "/block",
      summary: "Holds up the main thread for `ms`.",
      handle({ query }) {
        const ms = Math.min(LONGEST_MS, Number(query.ms ?? 500));
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
        return { ms };
      },
    }],
  }),
});
