import type { z } from "zod";
import { definePlugin } from "../../core/define.ts";
import { streamName } from "../../core/ids.ts";
import { ServingPost } from "../../core/pop_post.ts";
import type { Subscription } from "../../core/slots.ts";
import { config } from "./config.ts";

const policyOf = ({ maxChildren, maxBitrate }: z.output<typeof config>) => ({
  transit: true,
  maxChildren,
  maxBitrate,
});

/** Joins streams when children ask for them and passes them on. */
export default definePlugin({
  name: "relay",
  slot: "role",
  summary: "Joins streams on demand and relays them to any number of children; a POP when told so.",
  needs: ["control", "membership", "catalog", "tree", "exchange"],
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
    return {
      start() {
        post.open();
        tree.transit(true);
        hold(options.hold);
      },
      reconfigure(next) {
        hold(next.hold);
        post.change(policyOf(next), next.pop);
        options = next;
        return true;
      },
      drain: (withinMs) => post.drain(withinMs),
      stop() {
        hold([]);
        post.close();
      },
      status: () => ({ pop: options.pop, ...post.load }),
    };
  },
});
