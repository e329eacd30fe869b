import { checkConfig, definePlugin } from "../../core/define.ts";
import { type AdminRoute, UserError } from "../../core/plugin.ts";
import { seededRng } from "../../core/rng.ts";
import type { Addr, Plane } from "../../core/ports.ts";
import { config, ruleConfig } from "./config.ts";
import { ChaosRules } from "./protocol.ts";

/** Datagrams held back at most; beyond, what comes is dropped and counted. */
const HELD_MAX = 20_000;

/** Makes this node's links lossy, slow, reordering, bursty, on real sockets. */
export default definePlugin({
  name: "chaos",
  slot: "chaos",
  summary: "Makes this node's own links lossy, slow, reordering or bursty, for demos and tests.",
  needs: [],
  config,
  create(ctx, options) {
    const rules = new ChaosRules(
      options.rules,
      options.seed === undefined ? ctx.rng : seededRng(options.seed),
    );
    const overflow = ctx.metrics.counter(
      "chaos_overflow_total",
      "Datagrams that chaos dropped because too many were held back.",
    );
    const held = new Set<Disposable>();

    const later = (delayMs: number, bytes: Uint8Array, pass: (bytes: Uint8Array) => void) => {
      if (delayMs <= 0) return pass(bytes);
      if (held.size >= HELD_MAX) return overflow.add();
      const timer = ctx.clock.after(delayMs, () => {
        held.delete(timer);
        pass(bytes);
      });
      held.add(timer);
    };
    const apply = (
      direction: "out" | "in",
      plane: Plane,
      remote: Addr,
      bytes: Uint8Array,
      pass: (bytes: Uint8Array) => void,
    ) => {
      const plan = rules.plan(direction, plane, remote, bytes.length, ctx.clock.now());
      if (plan === undefined) return pass(bytes);
      const out = plan.corrupt ? rules.corrupted(bytes) : bytes;
      for (const delayMs of plan.delays) later(delayMs, out, pass);
    };

    const admin: AdminRoute[] = [
      {
        method: "get",
        path: "/chaos",
        summary: "The rules and what each did.",
        handle: () => ({ rules: rules.status() }),
      },
      {
        method: "put",
        path: "/chaos",
        summary: "Sets one rule: {id, direction?, planes?, host?, ports?, loss?, delay?, ...}.",
        handle: ({ body }) => {
          const rule = checkConfig(ruleConfig, body);
          rules.set(rule);
          ctx.log.warn("chaos rule set", { rule });
          ctx.events.emit("chaos-changed", { rule: rule.id, change: "set" });
          return { rules: rules.status() };
        },
      },
      {
        method: "delete",
        path: "/chaos/:id",
        summary: "Removes one rule.",
        handle: ({ params }) => {
          if (!rules.remove(params.id ?? "")) {
            throw new UserError(
              "not-found",
              `Cannot remove chaos rule "${params.id}": there is none`,
            );
          }
          ctx.events.emit("chaos-changed", { rule: params.id, change: "removed" });
          return { rules: rules.status() };
        },
      },
    ];
    return {
      admin,
      outgoing: (plane, to, bytes, send) => apply("out", plane, to, bytes, send),
      incoming: (plane, from, bytes, hand) => apply("in", plane, from, bytes, hand),
      start() {
        if (options.rules.length > 0) {
          ctx.log.warn("chaos is on", { rules: options.rules.map((rule) => rule.id) });
        }
      },
      stop() {
        for (const timer of held) timer[Symbol.dispose]();
        held.clear();
      },
    };
  },
});
