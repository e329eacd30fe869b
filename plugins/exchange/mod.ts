import { z } from "zod";
import { childAnswer, subscriptionAnswer } from "../../core/answers.ts";
import { adminRoute, definePlugin } from "../../core/define.ts";
import { nodeName, streamName } from "../../core/ids.ts";
import { type AdminRoute, UserError } from "../../core/plugin.ts";
import { config } from "./config.ts";
import { ExchangeNode } from "./exchange.ts";
import { Stats } from "./stats.ts";

/** Whom it serves and what it receives; and a child that is sent to another parent. */
function routes(current: () => ExchangeNode): AdminRoute[] {
  return [
    adminRoute({
      method: "get",
      path: "/children",
      summary: "Whom this node sends streams to.",
      answer: z.array(childAnswer),
      handle: () => current().children(),
    }),
    adminRoute({
      method: "delete",
      path: "/children/:child",
      summary: "Sends a child to another parent; it stays where there is none, and loses nothing.",
      params: z.object({ child: z.string().describe("The child's name.") }),
      query: z.object({ stream: z.string().optional().describe("Only this stream of it.") }),
      answer: z.object({ moving: z.int().describe("Streams that it takes from here so far.") }),
      status: 202,
      handle: ({ params: { child }, query: { stream } }) => {
        const name = nodeName(child);
        const only = stream === undefined ? undefined : streamName(stream);
        const wrong = stream !== undefined && only === undefined;
        const moving = name === undefined || wrong ? 0 : current().sendAway(name, only);
        if (moving > 0) return { moving };
        throw new UserError("not-found", `Cannot send "${child}" away: it takes nothing from here`);
      },
    }),
    adminRoute({
      method: "get",
      path: "/subscriptions",
      summary: "Streams this node receives: state, parents, standby, failovers, last outage.",
      answer: z.array(subscriptionAnswer),
      handle: () => current().subscriptions(),
    }),
  ];
}

/** Joins streams, serves joins, changes parents without a loss. */
export default definePlugin({
  name: "exchange",
  slot: "exchange",
  summary: "Joins streams, serves children, fails over and hands over without losing a packet.",
  needs: ["control", "keepalive", "membership", "tree", "catalog", "datapath", "path"],
  config,
  create(ctx, options) {
    const stats = new Stats(ctx.metrics);
    const make = () =>
      new ExchangeNode({
        lingerMs: options.linger,
        leaseMs: options.lease,
        ringPackets: options.ringPackets,
        ringMs: options.ring,
        repairMs: options.repair,
        maxStreams: options.maxStreams,
        maxTable: options.maxTable,
      }, {
        self: ctx.self.name,
        clock: ctx.clock,
        rng: ctx.rng,
        log: ctx.log,
        events: ctx.events,
        control: ctx.use("control"),
        keepalive: ctx.use("keepalive"),
        membership: ctx.use("membership"),
        tree: ctx.use("tree"),
        catalog: ctx.use("catalog"),
        datapath: ctx.use("datapath"),
        policy: ctx.use("path"),
        stats,
      });
    // Each start begins with empty tables.
    let exchange = make();
    return {
      publish: (info) => exchange.publish(info),
      subscribe: (want) => exchange.subscribe(want),
      serve: (policy) => exchange.serve(policy),
      children: () => exchange.children(),
      subscriptions: () => exchange.subscriptions(),
      onChange: (fn) => exchange.onChange(fn),
      drain: (withinMs) => exchange.drain(withinMs),
      start() {
        exchange = make();
        exchange.start();
      },
      stop: () => exchange.stop(),
      admin: routes(() => exchange),
    };
  },
});
