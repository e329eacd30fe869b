import { Alarm } from "../../core/alarm.ts";
import { definePlugin } from "../../core/define.ts";
import { Listeners } from "../../core/listeners.ts";
import type { Context, Life } from "../../core/plugin.ts";
import type { Counter, NodeEvent } from "../../core/ports.ts";
import type { Hook } from "../../core/slots.ts";
import { type Config, config } from "./config.ts";
import { Deliverer, type In, type Out, type Outcome } from "./protocol.ts";
import { deliveryOf } from "./signature.ts";

const OUTCOMES: readonly Outcome[] = ["delivered", "retried", "refused", "failed", "overflow"];

/** Posts events to a URL, signed, in order, with retries. */
class Webhook implements Hook, Life {
  readonly #ctx: Context<never>;
  readonly #config: Config;
  readonly #alarm: Alarm;
  readonly #counters: ReadonlyMap<Outcome, Counter>;
  readonly #idle = new Listeners();
  #brain: Deliverer;
  #held: Disposable[] = [];
  #abort: AbortController | undefined;

  constructor(ctx: Context<never>, options: Config) {
    this.#ctx = ctx;
    this.#config = options;
    this.#alarm = new Alarm(ctx.clock, () => this.#feed({ kind: "tick" }));
    this.#brain = new Deliverer(options, () => ctx.rng.next());
    this.#counters = new Map(OUTCOMES.map((outcome) => [
      outcome,
      ctx.metrics.counter(
        "hook_deliveries_total",
        "Deliveries of events, by what became of them.",
        {
          hook: ctx.id,
          outcome,
        },
      ),
    ]));
  }

  start(): void {
    const ctx = this.#ctx;
    this.#brain = new Deliverer(this.#config, () => ctx.rng.next());
    this.#abort = new AbortController();
    this.#held = [
      ctx.events.onEvent((event) => this.#feed({ kind: "event", event })),
      ctx.metrics.collect("hook_waiting", "gauge", "Events that wait for delivery.", () => [
        { labels: { hook: ctx.id }, value: this.#brain.waiting },
      ]),
    ];
  }

  stop(): void {
    for (const one of this.#held.splice(0)) one[Symbol.dispose]();
    this.#alarm.set(undefined);
    this.#abort?.abort();
    this.#abort = undefined;
    this.#idle.emit();
    this.#idle.clear();
  }

  /** Delivers what waits, the news of the leaving itself among it. */
  async drain(withinMs: number): Promise<void> {
    if (this.#brain.waiting === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    using _idle = this.#idle.on(resolve);
    using _timer = this.#ctx.clock.after(withinMs, resolve);
    await promise;
  }

  status(): object {
    const { waiting, trouble, counters } = this.#brain;
    return { waiting, ...(trouble === undefined ? {} : { trouble }), ...counters };
  }

  #feed(event: In): void {
    const outs = this.#brain.handle(event, this.#ctx.clock.now());
    this.#alarm.set(this.#brain.dueMs);
    for (const out of outs) this.#run(out);
    if (this.#brain.waiting === 0) this.#idle.emit();
  }

  #run(out: Out): void {
    switch (out.kind) {
      case "post":
        return void this.#post(out.event, out.attempt);
      case "count":
        return this.#counters.get(out.what)?.add();
      case "gave-up":
        this.#ctx.log.warn("event not delivered", { id: out.event.id, why: out.why });
    }
  }

  async #post(event: NodeEvent, attempt: number): Promise<void> {
    const { clock, http, self } = this.#ctx;
    const { url, secret, timeout: deadlineMs } = this.#config;
    const abort = this.#abort;
    if (abort === undefined) return;
    const delivery = deliveryOf(event, self.name, attempt, clock.wall(), secret);
    const done = await http.request(
      { method: "POST", url, ...delivery, deadlineMs, maxBytes: 1024 },
      abort.signal,
    ).then(({ status }): In => ({ kind: "done", status }), (error): In => {
      const why = error instanceof Error ? error.message : String(error);
      return { kind: "done", status: undefined, error: why };
    });
    // Stopped meanwhile, and perhaps started anew: this answer is nobody's.
    if (abort === this.#abort) this.#feed(done);
  }
}

/** Webhooks. */
export default definePlugin({
  name: "webhook",
  slot: "hook",
  summary: "Posts events to a URL: signed, in order, retried with back-off, from a bounded queue.",
  needs: [],
  config,
  create: (ctx, options) => new Webhook(ctx, options),
});
