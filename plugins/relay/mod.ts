import { definePlugin } from "../../core/define.ts";
import { streamName } from "../../core/ids.ts";
import { ServingPost } from "../../core/pop_post.ts";
import type { Subscription } from "../../core/slots.ts";
import { config } from "./config.ts";

/** Joins streams when children ask for them and passes them on. */
export default definePlugin({
  name: "relay",
  slot: "role",
  summary: "Joins streams on demand and relays them to any number of children; a POP when told so.",
  needs: ["control", "membership", "catalog", "tree", "exchange"],
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
      },
      drain: (withinMs) => post.drain(withinMs),
      stop() {
        for (const subscription of held.splice(0)) subscription[Symbol.dispose]();
        post.close();
      },
      status: () => ({ pop: options.pop, ...post.load }),
    };
  },
});
