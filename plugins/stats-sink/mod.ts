import { definePlugin } from "../../core/define.ts";
import type { SessionInfo } from "../../core/slots.ts";
import { config } from "./config.ts";
import { type SinkStats, StatsBook } from "./protocol.ts";

/** Metric, what it says, and where it is read. */
const METRICS: readonly [string, "counter" | "gauge", string, (stats: SinkStats) => number][] = [
  ["sink_packets_total", "counter", "Packets that reached the sink.", (one) => one.packets],
  ["sink_bytes_total", "counter", "Bytes that reached the sink.", (one) => one.bytes],
  ["sink_lost_total", "counter", "Packets given up before the sink.", (one) => one.lost],
  ["sink_out_of_order_total", "counter", "Packets not in order.", (one) => one.outOfOrder],
  ["sink_jitter_seconds", "gauge", "Jitter at the sink (RFC 3550).", (one) => one.jitterMs / 1000],
  [
    "sink_longest_pause_seconds",
    "gauge",
    "Longest time without packets.",
    (one) => one.longestPauseMs / 1000,
  ],
];

/** Counts what arrives; plays nothing. */
export default definePlugin({
  name: "stats-sink",
  slot: "sink",
  summary: "Counts packets, losses, order, jitter and pauses of each session; plays nothing.",
  needs: [],
  config,
  create(ctx, options) {
    const books = new Map<StatsBook, SessionInfo>();
    const held: Disposable[] = [];
    let timer: Disposable | undefined;

    const report = () => {
      const now = ctx.clock.now();
      for (const [book, { session, stream }] of books) {
        ctx.log.info("session", { session, stream, ...book.read(now) });
      }
      timer = ctx.clock.after(options.report, report);
    };

    return {
      pace: "asap",
      start() {
        if (options.report > 0) timer = ctx.clock.after(options.report, report);
        for (const [name, type, help, value] of METRICS) {
          held.push(ctx.metrics.collect(name, type, help, () => {
            const now = ctx.clock.now();
            return [...books].map(([book, { session, stream }]) => ({
              labels: { sink: ctx.id, session, stream },
              value: value(book.read(now)),
            }));
          }));
        }
      },
      stop() {
        timer?.[Symbol.dispose]();
        for (const one of held.splice(0)) one[Symbol.dispose]();
        books.clear();
      },
      open(session) {
        const book = new StatsBook();
        books.set(book, session);
        return {
          push: (chunks) => book.add(chunks, ctx.clock.now()),
          onEnd: () => ({ [Symbol.dispose]() {} }),
          close() {
            books.delete(book);
            return Promise.resolve();
          },
          status: () => book.read(ctx.clock.now()),
        };
      },
    };
  },
});
