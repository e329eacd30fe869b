import { definePlugin } from "../../core/define.ts";
import { config } from "./config.ts";
import { ExchangeNode } from "./exchange.ts";
import { Stats } from "./stats.ts";

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
      admin: [
        {
          method: "get",
          path: "/children",
          summary: "Whom this node sends streams to.",
          handle: () => exchange.children(),
        },
        {
          method: "get",
          path: "/subscriptions",
          summary: "Streams this node receives: state, parents, standby, failovers, last outage.",
          handle: () => exchange.subscriptions(),
        },
      ],
    };
  },
});
