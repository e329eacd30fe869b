import { definePlugin } from "../../core/define.ts";
import { Listeners } from "../../core/listeners.ts";
import { TsFileRun } from "../../core/media/ts_file.ts";
import { ProgramRun } from "../../core/media/ts_program.ts";
import type { SourceOutput } from "../../core/slots.ts";
import { type Entry, FileCatalog } from "./catalog.ts";
import { config } from "./config.ts";
import { contentOf } from "./content.ts";
import { codecsIn, lookArgv, remuxArgv } from "./remux.ts";

/** How long ffmpeg may take to say what is in a file. */
const LOOK_MS = 10_000;
/** Lines of that answer that are read. */
const LOOK_LINES_MAX = 500;

/** Plays files: every file is a stream, paced by its own clock. */
export default definePlugin({
  name: "cbr-source",
  slot: "source",
  summary: "Every file of a folder is a stream, paced by its own clock and looped for ever.",
  needs: [],
  config,
  create(ctx, options) {
    const catalog = new FileCatalog(ctx.files, ctx.log, options);
    const changed = new Listeners();
    const running = new Map<
      object,
      { readonly entry: Entry; readonly run: TsFileRun | ProgramRun }
    >();
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
    let timer: Disposable | undefined;
    let scanning: Promise<void> = Promise.resolve();
    let stopped = true;
    let late: Disposable | undefined;

    const rescan = async () => {
      try {
        if (await catalog.scan() && !stopped) changed.emit();
      } catch (error) {
        counters.fileErrors.add();
        ctx.log.error("Cannot look at the folder again", { folder: options.folder, error });
      }
      if (!stopped) scheduleScan();
    };
    const scheduleScan = () => {
      if (options.folder === undefined) return;
      timer = ctx.clock.after(options.rescan, () => void (scanning = rescan()));
    };

    /** What ffmpeg prints about a file. */
    const look = (argv: readonly string[]): Promise<readonly string[]> =>
      new Promise((resolve) => {
        const child = ctx.spawn(argv);
        const lines: string[] = [];
        const held: Disposable[] = [];
        const done = () => {
          for (const one of held.splice(0)) one[Symbol.dispose]();
          resolve(lines);
        };
        held.push(
          child.onErrorLine((line) => void (lines.length < LOOK_LINES_MAX && lines.push(line))),
          child.onExit(done),
          ctx.clock.after(LOOK_MS, () => child.kill("SIGKILL")),
        );
      });

    const openContainer = (entry: Entry, format: string, output: SourceOutput) =>
      new ProgramRun(ctx, {
        what: `the remux of ${entry.path}`,
        bitrate: entry.bitrate,
        once: !entry.loop,
        command: async () => {
          const codecs = codecsIn(await look(lookArgv(options.ffmpeg, format, entry.path)));
          return remuxArgv(options.ffmpeg, format, entry.path, entry.loop, codecs);
        },
      }, output);

    return {
      async start() {
        stopped = false;
        await catalog.open();
        if (options.folder === undefined && options.files.length === 0) {
          ctx.log.warn("neither folder nor files are given: no stream is offered");
        }
        late = ctx.metrics.collect(
          "source_late_total",
          "counter",
          "How often a schedule moved because the node stalled.",
          () =>
            [...running.values()].map(({ entry, run }) => ({
              labels: { plugin: ctx.id, stream: entry.name },
              value: run.paceCounters.late,
            })),
        );
        scheduleScan();
      },
      async stop() {
        stopped = true;
        timer?.[Symbol.dispose]();
        late?.[Symbol.dispose]();
        changed.clear();
        await scanning;
        const runs = [...running.values()];
        running.clear();
        await Promise.all(runs.map(({ run }) => run[Symbol.asyncDispose]()));
      },
      streams: () =>
        [...catalog.entries.values()].map(({ name, title, rate, start }) => ({
          name,
          title,
          bitrate: rate === undefined ? undefined : Math.round(rate),
          start,
        })),
      onChange: (fn) => changed.on(fn),
      open(name, output) {
        const entry = catalog.entries.get(name);
        if (entry === undefined) {
          // It was removed between the offer and now; the next look at the folder says so.
          ctx.log.error(`Cannot open ${name}: there is no such stream here`);
          return { [Symbol.asyncDispose]: () => Promise.resolve() };
        }
        const run = entry.kind.kind === "container"
          ? openContainer(entry, entry.kind.format, output)
          : new TsFileRun(ctx, { ...entry, open: contentOf(ctx.files, entry) }, output, counters);
        const key = {};
        running.set(key, { entry, run });
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
        summary: "Files that play, and files that cannot.",
        handle: () => ({
          playing: [...running.values()].map(({ entry, run }) => ({
            stream: entry.name,
            path: entry.path,
            ...run.status(),
          })),
          leftOut: [...catalog.complaints].map(([path, why]) => ({ path, why })),
        }),
      }],
    };
  },
});
