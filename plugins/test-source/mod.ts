import { definePlugin } from "../../core/define.ts";
import { ProgramRun } from "../../core/media/ts_program.ts";
import { config } from "./config.ts";
import { pictureArgv } from "./picture.ts";

/** A test picture with a running clock and a tone, made by ffmpeg. */
export default definePlugin({
  name: "test-source",
  slot: "source",
  summary: "A test picture with a running clock and a tone, made by ffmpeg.",
  needs: [],
  config,
  create(ctx, options) {
    const runs = new Set<ProgramRun>();
    let withText = true;
    /** ffmpeg without fonts, or built without `drawtext`, shows the picture without its clock. */
    const onFailure = (lines: readonly string[]) => {
      if (!withText || !lines.some((line) => /drawtext|font/i.test(line))) return;
      withText = false;
      ctx.log.warn("no font for the clock: the picture goes without", { said: lines });
    };
    return {
      start() {},
      async stop() {
        const stopping = [...runs];
        runs.clear();
        await Promise.all(stopping.map((run) => run[Symbol.asyncDispose]()));
      },
      streams: () => [{
        name: options.name,
        title: options.title,
        bitrate: options.bitrate,
        start: options.start,
      }],
      onChange: () => ({ [Symbol.dispose]() {} }),
      open(_name, output) {
        const run = new ProgramRun(ctx, {
          what: "the test picture",
          bitrate: options.bitrate,
          once: false,
          command: () => Promise.resolve(pictureArgv(options, withText)),
          onFailure,
        }, output);
        runs.add(run);
        return {
          async [Symbol.asyncDispose]() {
            runs.delete(run);
            await run[Symbol.asyncDispose]();
          },
        };
      },
      admin: [{
        method: "get",
        path: `/sources/${ctx.id}`,
        summary: "Whether the picture is being made, and what went out.",
        handle: () => ({ runs: [...runs].map((run) => run.status()) }),
      }],
    };
  },
});
