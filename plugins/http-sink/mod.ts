import { definePlugin } from "../../core/define.ts";
import type { HttpServer, Sample } from "../../core/ports.ts";
import { config } from "./config.ts";
import { Hub } from "./hub.ts";
import { Routes } from "./routes.ts";

/** Requests beyond viewers: pages, playlists that wait, segments on their way. */
const REQUESTS_PER_CLIENT = 2;

/** Serves streams to browsers and players over HTTP. */
export default definePlugin({
  name: "http-sink",
  slot: "sink",
  summary: "Serves streams over HTTP: endless MPEG-TS, HLS, and a page with a player.",
  needs: ["catalog", "exchange"],
  config,
  create(ctx, options) {
    const catalog = ctx.use("catalog");
    const exchange = ctx.use("exchange");
    const hub = new Hub(options, {
      clock: ctx.clock,
      log: ctx.log,
      metrics: ctx.metrics,
      known: (stream) => catalog.stream(stream) !== undefined,
    });
    const routes = new Routes({ node: ctx.self.name, clock: ctx.clock, catalog, exchange, hub });
    let server: HttpServer | undefined;
    let held: Disposable[] = [];

    const value = (read: () => number) => (): Sample[] => [
      { labels: { plugin: ctx.id }, value: read() },
    ];
    const totals = (): Sample[] =>
      Object.entries({ skips: hub.totals.skips, stalled: hub.totals.stalled }).map((
        [what, count],
      ) => ({ labels: { plugin: ctx.id, what }, value: count }));

    return {
      pace: "asap",
      async start() {
        hub.start();
        server = await ctx.http.serve(
          options.listen,
          (request) => routes.answer(request),
          {
            maxRequests: options.maxClients * REQUESTS_PER_CLIENT + 64,
            highBytes: options.queue,
          },
        );
        const { host, port } = server.local;
        ctx.log.info("serving viewers", { host, port });
        held = [
          ctx.metrics.collect(
            "http_sink_viewers",
            "gauge",
            "HTTP viewers, players of HLS included.",
            value(() => hub.viewers),
          ),
          ctx.metrics.collect(
            "http_sink_readers",
            "gauge",
            "Readers of endless MPEG-TS.",
            value(() => hub.readers),
          ),
          ctx.metrics.collect(
            "http_sink_bytes_total",
            "counter",
            "Bytes handed to HTTP viewers.",
            value(() => hub.totals.out.totalBytes),
          ),
          ctx.metrics.collect(
            "http_sink_skipped_bytes_total",
            "counter",
            "Bytes that slow readers skipped.",
            value(() => hub.totals.skippedBytes),
          ),
          ctx.metrics.collect(
            "http_sink_slow_total",
            "counter",
            "Slow readers: skips to a later key frame, and readers closed because they took nothing.",
            totals,
          ),
        ];
      },
      async stop() {
        for (const one of held.splice(0)) one[Symbol.dispose]();
        hub.stop();
        const open = server;
        server = undefined;
        await open?.[Symbol.asyncDispose]();
      },
      open: (session) => hub.open(session),
      wanted: () => hub.wanted(),
      onWanted: (fn) => hub.onWanted(fn),
      admin: [{
        method: "get",
        path: "/http",
        summary: "Streams served over HTTP, their viewers and queues.",
        handle: () => ({
          listen: server?.local,
          viewers: hub.viewers,
          streams: [...hub.entries.values()].map((entry) => ({
            stream: entry.stream,
            players: entry.viewers.size,
            ...entry.channel.status(ctx.clock.now()),
          })),
        }),
      }],
    };
  },
});
