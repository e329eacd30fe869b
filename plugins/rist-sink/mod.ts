import { definePlugin } from "../../core/define.ts";
import { UserError } from "../../core/plugin.ts";
import type { Sample } from "../../core/ports.ts";
import type { SessionInfo } from "../../core/slots.ts";
import { config } from "./config.ts";
import { RistSession } from "./session.ts";

/** Sessions at once: every one has a pair of ports. */
const SESSIONS_MAX = 128;
/** A CNAME made from names is cut to this. */
const CNAME_MAX = 128;

/** Sends streams to RIST receivers, Simple Profile. */
export default definePlugin({
  name: "rist-sink",
  slot: "sink",
  summary: "Sends each session to a RIST receiver (Simple Profile), with retransmission.",
  needs: [],
  config,
  create(ctx, options) {
    /** By index: session k goes to port + 2k. */
    const sessions = new Map<number, RistSession>();
    let held: Disposable[] = [];

    const freeIndex = (): number => {
      for (let index = 0; index < SESSIONS_MAX; index++) {
        if (options.to.port + 2 * index > 65_534) break;
        if (!sessions.has(index)) return index;
      }
      throw new UserError(
        "sink-full",
        `Cannot open a session on "${ctx.id}": all its port pairs from ${options.to.port} on are taken`,
      );
    };
    const samples = (): Sample[] =>
      [...sessions.values()].flatMap((session) =>
        Object.entries(session.counters).map(([what, value]) => ({
          labels: { plugin: ctx.id, session: session.options.info.session, what },
          value,
        }))
      );

    return {
      pace: "smooth",
      start() {
        held = [
          ctx.metrics.collect(
            "rist_sink_total",
            "counter",
            "Packets, bytes and requests of RIST sessions by what became of them.",
            samples,
          ),
          ctx.metrics.collect(
            "rist_sink_receiver_up",
            "gauge",
            "Whether a session's RIST receiver answers.",
            () =>
              [...sessions.values()].map((session) => ({
                labels: { plugin: ctx.id, session: session.options.info.session },
                value: session.up ? 1 : 0,
              })),
          ),
        ];
      },
      async stop() {
        for (const one of held.splice(0)) one[Symbol.dispose]();
        await Promise.all([...sessions.values()].map((session) => session.close()));
      },
      open(info: SessionInfo) {
        const index = freeIndex();
        const session = new RistSession({
          info,
          to: { host: options.to.host, port: options.to.port + 2 * index },
          bufferMs: options.buffer,
          cname: options.cname ?? `${ctx.self.name}-${info.session}`.slice(0, CNAME_MAX),
          onClosed: () => void sessions.delete(index),
        }, ctx);
        sessions.set(index, session);
        return session;
      },
    };
  },
});
