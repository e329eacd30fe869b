import { definePlugin } from "../../core/define.ts";
import { Listeners } from "../../core/listeners.ts";
import { TsFileRun } from "../../core/media/ts_file.ts";
import type { StoredFiles } from "../../core/slots.ts";
import { config } from "./config.ts";
import { openStored } from "./content.ts";

/** Plays files of the swarm while they download: the peer of the same node fetches them. */
export default definePlugin({
  name: "swarm-source",
  slot: "source",
  summary: "Plays files of the swarm as streams while this node's peer downloads them.",
  needs: [],
  config,
  create(ctx, options) {
    const running = new Map<object, { readonly stream: string; readonly run: TsFileRun }>();
    const changed = new Listeners();
    const counters = {
      fileErrors: ctx.metrics.counter(
        "source_file_errors_total",
        "Files that could not be read or played, every try counted.",
        { plugin: ctx.id },
      ),
      passes: ctx.metrics.counter("source_passes_total", "Files played to their end.", {
        plugin: ctx.id,
      }),
    };
    let peer: StoredFiles | undefined;
    return {
      start() {},
      async stop() {
        changed.clear();
        const runs = [...running.values()];
        running.clear();
        await Promise.all(runs.map(({ run }) => run[Symbol.asyncDispose]()));
      },
      streams: () =>
        options.files.map(({ name, title, file, bitrate, start }) => ({
          name,
          title: title ?? file.slice(0, 120),
          bitrate,
          start,
        })),
      onChange: (fn) => changed.on(fn),
      attach(files) {
        peer = files;
        return {
          [Symbol.dispose]: () => {
            if (peer === files) peer = undefined;
          },
        };
      },
      open(name, output) {
        const wanted = options.files.find((one) => one.name === name);
        if (wanted === undefined) {
          ctx.log.error(`Cannot open ${name}: there is no such stream here`);
          return { [Symbol.asyncDispose]: () => Promise.resolve() };
        }
        const { file: path, loop, bitrate, restamp } = wanted;
        const open = (signal: AbortSignal) => openStored(wanted, peer, signal);
        const run = new TsFileRun(
          ctx,
          { name, path, loop, bitrate, restamp, open },
          output,
          counters,
        );
        const key = {};
        running.set(key, { stream: name, run });
        return {
          async [Symbol.asyncDispose]() {
            running.delete(key);
            await run[Symbol.asyncDispose]();
          },
        };
      },
      admin: [{
        method: "get",
        path: `/sources/${ctx.id}`,
        summary: "Files of the swarm that play.",
        handle: () => ({
          attached: peer !== undefined,
          playing: [...running.values()].map(({ stream, run }) => ({ stream, ...run.status() })),
        }),
      }],
    };
  },
});
