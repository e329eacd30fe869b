import { z } from "zod";
import { adminRoute, definePlugin } from "../../core/define.ts";
import { type AdminRoute, UserError } from "../../core/plugin.ts";
import { seededRng } from "../../core/rng.ts";
import type { Addr, Plane } from "../../core/ports.ts";
import { config, type Rule, ruleConfig, RULES_MAX } from "./config.ts";
import { ChaosRules } from "./protocol.ts";

/** Datagrams held back at most; beyond, what comes is dropped and counted. */
const HELD_MAX = 20_000;

const rulesAnswer = z.object({
  rules: z.array(z.object({
    id: z.string(),
    rule: z.record(z.string(), z.unknown()),
    offered: z.number().describe("Datagrams it decided on."),
    lost: z.number(),
    duplicated: z.number(),
    reordered: z.number(),
    corrupted: z.number(),
  })),
});

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

    /** Rules that were set at run time, as they were written. */
    const written = new Map<Rule, unknown>();
    const told = (rule: string, change: string) => {
      ctx.log.warn("chaos rule", { rule, change });
      ctx.events.emit("chaos-changed", { rule, change });
      return { rules: rules.status() };
    };

    const admin: AdminRoute[] = [
      adminRoute({
        method: "get",
        path: "/chaos",
        summary: "The rules and what each did.",
        answer: rulesAnswer,
        handle: () => ({ rules: rules.status() }),
      }),
      adminRoute({
        method: "put",
        path: "/chaos",
        summary: "Sets one rule: another with its id, or one more at the end.",
        body: ruleConfig,
        answer: rulesAnswer,
        handle: ({ body: rule, sent }) => {
          const known = rules.rules.some((one) => one.id === rule.id);
          if (!known && rules.rules.length >= RULES_MAX) {
            throw new UserError("too-many", `Cannot set more than ${RULES_MAX} chaos rules`);
          }
          rules.set(rule);
          written.set(rule, sent);
          return told(rule.id, "set");
        },
      }),
      adminRoute({
        method: "delete",
        path: "/chaos/:id",
        summary: "Removes one rule.",
        params: z.object({ id: z.string().describe("The rule's id.") }),
        answer: rulesAnswer,
        handle: ({ params: { id } }) => {
          if (!rules.remove(id)) {
            throw new UserError("not-found", `Cannot remove chaos rule "${id}": there is none`);
          }
          return told(id, "removed");
        },
      }),
    ];
    return {
      admin,
      outgoing: (plane, to, bytes, send) => apply("out", plane, to, bytes, send),
      incoming: (plane, from, bytes, hand) => apply("in", plane, from, bytes, hand),
      reconfigure(next) {
        // The pattern of chance is drawn from one seed for a whole life.
        if (next.seed !== options.seed) return false;
        rules.setAll(next.rules);
        options = next;
        written.clear();
        return true;
      },
      options() {
        const same = rules.rules.length === options.rules.length &&
          rules.rules.every((rule, i) => rule === options.rules[i]);
        return same ? undefined : { rules: rules.rules.map((rule) => written.get(rule) ?? rule) };
      },
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
