import type { z } from "zod";
import { definePlugin } from "../../core/define.ts";
import { UserError } from "../../core/plugin.ts";
import { ServingPost } from "../../core/pop_post.ts";
import type { Source } from "../../core/slots.ts";
import { config } from "./config.ts";
import { OfferedStream, type OfferNeeds } from "./streams.ts";

const policyOf = ({ maxChildren, maxBitrate }: z.output<typeof config>) => ({
  transit: false,
  maxChildren,
  maxBitrate,
});

/** Offers the streams of its sources and announces itself to the tree. */
export default definePlugin({
  name: "origin",
  slot: "role",
  summary: "Offers the streams of its sources and announces itself by the tree plugin.",
  needs: ["control", "membership", "catalog", "tree", "exchange", "source"],
  brings: ["observer"],
  config,
  create(ctx, options) {
    const [tree, catalog, exchange] = [ctx.use("tree"), ctx.use("catalog"), ctx.use("exchange")];
    const sources = ctx.all("source");
    const post = new ServingPost(
      { control: ctx.use("control"), membership: ctx.use("membership"), catalog, exchange, tree },
      policyOf(options),
      options.pop,
    );
    const offered = new Map<string, OfferedStream>();
    let held: Disposable[] = [];
    let watchedSources: Disposable[] = [];

    const announce = () => {
      catalog.offerStreams([...offered.values()].flatMap((one) => one.info ?? []));
      tree.announce(catalog.digest());
    };
    const needs: OfferNeeds = {
      origin: ctx.self.name,
      exchange,
      rng: ctx.rng,
      clock: ctx.clock,
      log: ctx.log,
      events: ctx.events,
      idle: () => options.idle,
      onInfo: announce,
    };
    const chosen = (): { id: string; it: Source }[] => {
      const wanted = options.sources;
      return sources.list().filter(({ id }) => wanted === undefined || wanted.includes(id));
    };
    /** Opens what is new, closes what is gone; streams that stay are not touched. */
    const reconcile = () => {
      const seen = new Set<string>();
      for (const { id, it } of chosen()) {
        for (const stream of it.streams()) {
          if (seen.has(stream.name)) {
            ctx.log.warn("two sources offer one name; the first wins", { name: stream.name, id });
            continue;
          }
          seen.add(stream.name);
          const known = offered.get(stream.name);
          if (known?.source === it && known.stream.start === stream.start) {
            known.stream = stream;
            continue;
          }
          if (known !== undefined) void known.close();
          const fresh = new OfferedStream(stream, it, needs);
          offered.set(stream.name, fresh);
          fresh.open();
        }
      }
      for (const [name, stream] of offered) {
        if (seen.has(name)) continue;
        offered.delete(name);
        void stream.close();
      }
      announce();
    };
    const checkSources = (ids: readonly string[] = []) => {
      for (const id of ids) {
        if (sources.get(id) !== undefined) continue;
        const known = sources.list().map((one) => one.id).join(", ") || "none";
        throw new UserError(
          "unknown-source",
          `Cannot start origin: no source "${id}" here (known: ${known})`,
        );
      }
    };
    const watchSources = () => {
      for (const one of watchedSources.splice(0)) one[Symbol.dispose]();
      watchedSources = chosen().map(({ it }) => it.onChange(reconcile));
      reconcile();
    };

    return {
      start() {
        checkSources(options.sources);
        post.open();
        held = [sources.onChange(watchSources)];
        watchSources();
      },
      reconfigure(next) {
        checkSources(next.sources);
        options = next;
        post.change(policyOf(next), next.pop);
        watchSources();
        return true;
      },
      hinders(id) {
        const it = sources.get(id);
        const playing = [...offered.values()].filter((one) =>
          one.watched && (id === ctx.id || one.source === it)
        );
        return playing.length === 0
          ? undefined
          : `somebody watches ${playing.map((one) => one.info?.name).join(", ")}`;
      },
      async drain(withinMs) {
        await post.drain(withinMs);
        tree.withdraw();
      },
      async stop() {
        for (const one of [...held.splice(0), ...watchedSources.splice(0)]) one[Symbol.dispose]();
        const closing = [...offered.values()].map((stream) => stream.close());
        offered.clear();
        await Promise.all(closing);
        post.close();
      },
      status: () => ({
        pop: options.pop,
        ...post.load,
        streams: [...offered.values()].map((one) => ({ ...one.info, state: one.state })),
      }),
    };
  },
});
