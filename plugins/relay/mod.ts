import { definePlugin } from "../../core/define.ts";
import { streamName } from "../../core/ids.ts";
import { ServingPost } from "../../core/pop_post.ts";
import { SinkDemand } from "../../core/sink_demand.ts";
import { StreamSession } from "../../core/sink_session.ts";
import type { Subscription } from "../../core/slots.ts";
import { config } from "./config.ts";

/** How long a sink at this node waits for a lost packet: the viewer's default, which covers a failover. */
const SINK_BUDGET_MS = 500;

/** Joins streams when children ask for them and passes them on. */
export default definePlugin({
  name: "relay",
  slot: "role",
  summary: "Joins streams on demand and relays them to any number of children; a POP when told so.",
  needs: ["control", "membership", "catalog", "tree", "exchange", "datapath", "sink"],
  brings: ["observer"],
  config,
  create(ctx, options) {
    const tree = ctx.use("tree");
    const exchange = ctx.use("exchange");
    const post = new ServingPost(
      {
        control: ctx.use("control"),
        catalog: ctx.use("catalog"),
        membership: ctx.use("membership"),
        exchange,
        tree,
      },
      { transit: true, maxChildren: options.maxChildren, maxBitrate: options.maxBitrate },
      options.pop,
    );
    const held: Subscription[] = [];
    const sinks = ctx.all("sink");
    const datapath = ctx.use("datapath");
    const sessions = new Map<string, StreamSession>();
    const demand = new SinkDemand(sinks, ctx.log, async (stream, sink, id) => {
      const it = sinks.get(sink);
      const session = new StreamSession(
        id,
        { stream, budget: SINK_BUDGET_MS },
        it === undefined ? [] : [{ id: sink, it }],
        {
          datapath,
          exchange,
          candidates: undefined,
          log: ctx.log,
          onEnded: () => {},
          events: ctx.events,
        },
      );
      sessions.set(id, session);
      await session.open();
      return {
        close: async () => {
          if (sessions.get(id) === session) sessions.delete(id);
          await session.close();
        },
      };
    });
    return {
      start() {
        post.open();
        tree.transit(true);
        for (const text of options.hold) {
          const stream = streamName(text);
          if (stream !== undefined) {
            held.push(exchange.subscribe({ stream, session: `hold:${stream}` }));
          }
        }
        demand.start();
      },
      drain: (withinMs) => post.drain(withinMs),
      async stop() {
        await demand.stop();
        for (const subscription of held.splice(0)) subscription[Symbol.dispose]();
        post.close();
      },
      status: () => ({
        pop: options.pop,
        ...post.load,
        ...(sessions.size === 0
          ? {}
          : { sessions: [...sessions.values()].map((one) => one.status()) }),
      }),
    };
  },
});
