import { definePlugin } from "../../core/define.ts";
import type { Counter } from "../../core/ports.ts";
import { config } from "./config.ts";
import { Window } from "./window.ts";

/** Shows streams in windows of ffplay. */
export default definePlugin({
  name: "ffplay-sink",
  slot: "sink",
  summary: "Shows each session in a window of ffplay; starts it again when it dies.",
  needs: [],
  config,
  create(ctx, options) {
    const windows = new Set<Window>();
    const dropped: Counter = ctx.metrics.counter(
      "sink_player_dropped_bytes_total",
      "Bytes that no player took.",
      { sink: ctx.id },
    );
    return {
      pace: "smooth",
      start() {},
      async stop() {
        const closing = [...windows];
        windows.clear();
        await Promise.all(closing.map((one) => one.close()));
      },
      open(session) {
        const window = new Window(ctx, options, session, dropped);
        windows.add(window);
        return {
          push: (chunks) => window.push(chunks),
          onEnd: (fn) => window.onEnd(fn),
          async close() {
            windows.delete(window);
            await window.close();
          },
          status: () => window.status(),
        };
      },
    };
  },
});
