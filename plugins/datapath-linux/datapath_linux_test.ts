/** The suites of the slot over a thread in the seeded world: what a datapath does holds for one spoken to by messages. */
import { AutoDatapath } from "../../core/datapath/auto.ts";
import { autoOptions } from "../../core/datapath/options.ts";
import { definePlugin } from "../../core/define.ts";
import type { Loadable } from "../../core/plugin.ts";
import { lifeSuite } from "../../tests/conformance/life.ts";
import { datapathSuite } from "../../tests/conformance/media.ts";
import { simThreads } from "../../tests/sim/engine_threads.ts";
import { config } from "./config.ts";

/** The plugin, on hosts that have threads. */
function threaded(started: Parameters<typeof simThreads>[1] = []): Loadable {
  return definePlugin({
    name: "datapath-linux",
    slot: "datapath",
    summary: "The plugin, on a host that has threads.",
    needs: ["recovery"],
    config,
    create: (ctx, options) =>
      new AutoDatapath(
        { ...ctx, threads: simThreads(ctx, started) },
        autoOptions(options, true),
        () => ctx.use("recovery").spec(),
      ),
  });
}

datapathSuite({ plugin: threaded() });
lifeSuite({ plugin: threaded() });
