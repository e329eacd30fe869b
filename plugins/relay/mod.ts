import type { z } from "zod";
import { definePlugin } from "../../core/define.ts";
import { streamName } from "../../core/ids.ts";
import { ServingPost } from "../../core/pop_post.ts";
import { SinkDemand } from "../../core/sink_demand.ts";
import { StreamSession } from "../../core/sink_session.ts";
import type { Subscription } from "../../core/slots.ts";
import { config } from "./config.ts";

const policyOf = ({ maxChildren, maxBitrate }: z.output<typeof config>) => ({
  transit: true,
  maxChildren,
  maxBitrate,
});

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
      policyOf(options),
      options.pop,
    );
    const held = new Map<string, Subscription>();
    /** Fetches what is to be held, lets go of the rest; what stays is not touched. */
    const hold = (wanted: readonly string[]) => {
      for (const [text, subscription] of held) {
        if (wanted.includes(text)) continue;
        held.delete(text);
        subscription[Symbol.dispose]();
      }
      for (const text of wanted) {
        const stream = streamName(text);
        if (stream === undefined || held.has(text)) continue;
        held.set(text, exchange.subscribe({ stream, session: `hold:${stream}` }));
      }
    };
    const sinks = ctx.all("sink");
    const datapath = ctx.use("datapath");
    const sessions = new Map<string, StreamSession>();
    let watching: Disposable | undefined;
    /** Which sink asked for a session: that one plays it, and whoever wants it for itself, such as a recording. */
    const askedBy = new WeakMap<StreamSession, string>();
    const sinksOf = (session: StreamSession) => {
      const stream = streamName(session.config.stream);
      return sinks.list().filter(({ id, it }) =>
        id === askedBy.get(session) ||
        (stream !== undefined && it.wants?.({ session: session.id, stream }) === true)
      );
    };
    const demand = new SinkDemand(sinks, ctx.log, async (stream, sink, id) => {
      const session = new StreamSession(id, { stream, budget: SINK_BUDGET_MS }, {
        datapath,
        exchange,
        candidates: undefined,
        log: ctx.log,
        onEnded: () => {},
        events: ctx.events,
      });
      sessions.set(id, session);
      askedBy.set(session, sink);
      await session.open(sinksOf(session));
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
        hold(options.hold);
        demand.start();
        watching = sinks.onChange(() => {
          for (const session of sessions.values()) session.playInto(sinksOf(session));
        });
      },
      reconfigure(next) {
        hold(next.hold);
        post.change(policyOf(next), next.pop);
        options = next;
        return true;
      },
      drain: (withinMs) => post.drain(withinMs),
      async stop() {
        watching?.[Symbol.dispose]();
        watching = undefined;
        await demand.stop();
        hold([]);
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
