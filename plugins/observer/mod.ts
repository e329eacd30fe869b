import { Alarm } from "../../core/alarm.ts";
import { definePlugin } from "../../core/define.ts";
import { type NodeName, nodeName, streamName } from "../../core/ids.ts";
import type { HistoryView, NetworkView, NodeSummary } from "../../core/observe.ts";
import { type AdminRoute, type Context, UserError } from "../../core/plugin.ts";
import type { Control, ControlTarget } from "../../core/slots.ts";
import { TokenBucket } from "../../core/token_bucket.ts";
import { isMessage, type Message, type MessageType } from "../../core/wire/messages.ts";
import { type Config, config } from "./config.ts";
import { BASE_SERIES, History, LINKS_MAX, tripSeries, valuesIn } from "./history.ts";
import { OwnNode } from "./own.ts";
import { Collector, type In } from "./protocol.ts";
import { Thumbnails } from "./thumbnails.ts";
import { type Part, partsOf } from "./wire.ts";

type Needs =
  | "control"
  | "keepalive"
  | "membership"
  | "catalog"
  | "exchange"
  | "datapath"
  | "role";

/** How long an answer is waited for: a few tries over the longest way. */
const ANSWER_MS = 1500;
/** How long the first look waits for the nodes to tell. */
const FIRST_LOOK_MS = 3000;
/** A summary is told again for so long before it is made anew. */
const FRESH_MS = 500;
/** How often the event loop's lateness is measured. */
const TICK_MS = 1000;
/** Messages that one question for a node's history may take. */
const HISTORY_MESSAGES_MAX = 80;
/** Series asked for at one time. */
const SERIES_AT_ONCE = 8;

/** The shell: slots and timers in front of the brain. */
class ObserverPlugin {
  readonly #ctx: Context<Needs>;
  readonly #options: Config;
  readonly #control: Control;
  readonly #alarm: Alarm;
  readonly #requests = new Set<Disposable>();
  readonly #settled = new Set<() => void>();
  #held: Disposable[] = [];
  #ticker: Disposable | undefined;
  #run:
    | {
      readonly own: OwnNode;
      readonly brain: Collector;
      readonly history: History;
      readonly thumbnails: Thumbnails;
      readonly answers: TokenBucket;
    }
    | undefined;
  #told: { readonly stamp: number; readonly parts: readonly Part[] }[] = [];
  #refused = 0;

  constructor(ctx: Context<Needs>, options: Config) {
    this.#ctx = ctx;
    this.#options = options;
    this.#control = ctx.use("control");
    this.#alarm = new Alarm(ctx.clock, () => this.#feed({ kind: "tick" }));
  }

  readonly admin: readonly AdminRoute[] = [
    {
      method: "get",
      path: "/network",
      summary: "Every node of the network: figures, links, streams with their trees.",
      handle: () => this.network(),
    },
    {
      method: "get",
      path: "/history",
      summary: "Series of a node (`?node=`, this one when left out) from a sample on (`?since=`).",
      handle: ({ query }) => this.#historyRoute(query),
    },
    {
      method: "get",
      path: "/thumbnails/:origin/:name",
      summary: "A small picture of a stream that runs here.",
      handle: ({ params }) => this.#thumbnail(`${params.origin}/${params.name}`),
    },
  ];

  start(): void {
    if (this.#run !== undefined) return;
    const { clock, self, spawn, log } = this.#ctx;
    const [catalog, datapath] = [this.#ctx.use("catalog"), this.#ctx.use("datapath")];
    const nowMs = clock.now();
    const own = new OwnNode({
      self,
      catalog,
      datapath,
      membership: this.#ctx.use("membership"),
      keepalive: this.#ctx.use("keepalive"),
      exchange: this.#ctx.use("exchange"),
      roles: this.#ctx.all("role"),
      usage: this.#ctx.usage ?? (() => ({ cpuMs: 0, memoryBytes: 0 })),
    }, nowMs);
    const everyMs = this.#options.thumbnailEvery;
    const limit = this.#options.answersPerSecond;
    this.#run = {
      own,
      brain: new Collector(this.#options, self.name, nowMs),
      history: new History(this.#options.samples),
      thumbnails: new Thumbnails({ clock, spawn, log, catalog, datapath, everyMs }),
      answers: new TokenBucket(limit, limit, nowMs),
    };
    this.#held = [
      this.#control.onMessage("SUMMARY_WANT", (message) => this.#tell(message)),
      this.#control.onMessage("HISTORY_WANT", (message) => this.#tellHistory(message)),
      ...this.#collect(this.#run.brain),
    ];
    this.#tick(nowMs + TICK_MS, nowMs + this.#options.sample);
  }

  async stop(): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    this.#alarm[Symbol.dispose]();
    this.#ticker?.[Symbol.dispose]();
    for (const held of [...this.#held.splice(0), ...this.#requests]) held[Symbol.dispose]();
    this.#requests.clear();
    for (const done of this.#settled) done();
    this.#told = [];
    await run?.thumbnails.stop();
  }

  #running() {
    if (this.#run === undefined) {
      throw new UserError("stopped", "Cannot look at the network: the observer does not run");
    }
    return this.#run;
  }

  summary(): NodeSummary {
    return this.#running().own.summary(this.#ctx.clock.now());
  }

  async network(): Promise<NetworkView> {
    const { own, brain } = this.#running();
    this.#feed({ kind: "watch" });
    this.#feed({ kind: "links", links: own.links() });
    if (!brain.settled) await this.#firstLook();
    const nowMs = this.#ctx.clock.now();
    return {
      self: this.#ctx.self.name,
      atMs: this.#ctx.clock.wall(),
      nodes: [{ ...this.summary(), state: "here", ageMs: 0 }, ...brain.seen(nowMs)],
      unanswered: brain.unanswered(),
      leftOut: brain.leftOut,
    };
  }

  /** Resolves when every node found has told, or time is up, or the observer stops. */
  #firstLook(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        timer[Symbol.dispose]();
        this.#settled.delete(done);
        resolve();
      };
      const timer = this.#ctx.clock.after(FIRST_LOOK_MS, done);
      this.#settled.add(done);
    });
  }

  // Asking

  #feed(event: In): void {
    const brain = this.#run?.brain;
    if (brain === undefined) return;
    for (const { to, part, stamp } of brain.handle(event, this.#ctx.clock.now())) {
      this.#ask(to, part, stamp);
    }
    this.#alarm.set(brain.dueMs());
    if (this.#settled.size > 0 && brain.settled) { for (const done of this.#settled) done(); }
  }

  #ask(to: ControlTarget, part: number, stamp: number | undefined): void {
    const body = stamp === undefined ? { part } : { part, stamp };
    this.#request(to, "SUMMARY_WANT", body, (answer) => {
      if (answer === undefined || !isMessage(answer, "SUMMARY") || answer.from !== to.name) {
        return this.#feed({ kind: "failed", name: to.name });
      }
      const { instance } = answer;
      this.#feed({ kind: "part", name: to.name, instance, part: answer.body });
    });
  }

  /** A request that stop takes back. */
  #request<T extends "SUMMARY_WANT" | "HISTORY_WANT">(
    to: ControlTarget,
    type: T,
    body: Message<T>["body"],
    done: (answer: Message<MessageType> | undefined) => void,
  ): void {
    let over = false;
    const request = this.#control.request(to, type, body, { timeoutMs: ANSWER_MS }, (answer) => {
      over = true;
      this.#requests.delete(request);
      done(typeof answer === "object" ? answer : undefined);
    });
    if (!over) this.#requests.add(request);
  }

  // Answering

  #mayAnswer(): boolean {
    const run = this.#run;
    if (run !== undefined && run.answers.take(this.#ctx.clock.now())) return true;
    this.#refused++;
    return false;
  }

  #tell(message: Message<"SUMMARY_WANT">): void {
    if (!this.#mayAnswer()) return;
    const { part, stamp } = message.body;
    const nowMs = this.#ctx.clock.now();
    const known = part === 0 ? undefined : this.#told.find((one) => one.stamp === stamp);
    const at = known?.parts[part] ?? this.#fresh(nowMs)[0];
    if (at !== undefined) this.#control.reply(message, "SUMMARY", at);
  }

  /** The parts of a summary that is young; the one before is kept for whoever is in the middle of it. */
  #fresh(nowMs: number): readonly Part[] {
    const [newest] = this.#told;
    const stamp = Math.round(nowMs);
    if (newest !== undefined && stamp - newest.stamp < FRESH_MS) return newest.parts;
    const parts = partsOf(this.summary(), stamp);
    this.#told = [{ stamp, parts }, ...this.#told.slice(0, 1)];
    return parts;
  }

  #tellHistory(message: Message<"HISTORY_WANT">): void {
    const run = this.#run;
    if (run === undefined || !this.#mayAnswer()) return;
    const body = run.history.page(message.body, this.#options.sample, this.#ctx.clock.now());
    this.#control.reply(message, "HISTORY", body);
  }

  // Series

  #tick(dueMs: number, sampleMs: number): void {
    const { clock } = this.#ctx;
    this.#ticker = clock.after(Math.max(0, dueMs - clock.now()), () => {
      const run = this.#run;
      if (run === undefined) return;
      const nowMs = clock.now();
      run.own.late(nowMs - dueMs);
      const due = nowMs >= sampleMs;
      if (due) run.history.add(run.own.sample(nowMs), nowMs);
      // After a long stall the samples that were missed stay missed.
      const next = due ? Math.max(sampleMs + this.#options.sample, nowMs) : sampleMs;
      this.#tick(nowMs + TICK_MS, next);
    });
  }

  async history(node?: NodeName, since = 0): Promise<HistoryView> {
    const { history, brain } = this.#running();
    const { self, clock } = this.#ctx;
    if (node !== undefined && node !== self.name) return await this.#historyOf(node, since, brain);
    const first = Math.min(Math.max(since, history.oldest), history.next);
    const series = Object.fromEntries(
      history.keys.map((key) => [key, history.values(key, first)]),
    );
    return this.#view(self.name, this.#options.sample, first, history.next, {
      newestAgeMs: clock.now() - history.newestMs,
      series,
    });
  }

  #view(
    node: NodeName,
    stepMs: number,
    first: number,
    next: number,
    { newestAgeMs, series }: { newestAgeMs: number; series: HistoryView["series"] },
  ): HistoryView {
    const agesMs = Array.from(
      { length: next - first },
      (_, at) => Math.round(newestAgeMs + (next - first - 1 - at) * stepMs),
    );
    return { node, stepMs, first, agesMs, series };
  }

  /** Asks another node for its series, page by page. */
  async #historyOf(node: NodeName, since: number, brain: Collector): Promise<HistoryView> {
    const to = brain.target(node);
    if (to === undefined) {
      throw new UserError(
        "node-unknown",
        `Cannot show the history of "${node}": no such node seen`,
      );
    }
    const trips = (brain.summary(node)?.links ?? []).slice(0, LINKS_MAX)
      .map((link) => tripSeries(link.name));
    const keys = [...BASE_SERIES, ...trips];
    const pages: Page[] = [];
    for (let at = 0; at < keys.length; at += SERIES_AT_ONCE) {
      pages.push(await this.#pagesOf(to, keys.slice(at, at + SERIES_AT_ONCE), since));
    }
    const [longest] = pages;
    if (longest === undefined) throw new Error("Cannot show a history: no series was asked for");
    // Later questions may have seen one sample more; all are cut to what the first saw.
    const first = Math.max(...pages.map((page) => page.first));
    const next = Math.max(first, Math.min(...pages.map((page) => page.next)));
    const series = Object.fromEntries(
      pages.flatMap((page) =>
        [...page.series].map(([key, values]) => [
          key,
          values.slice(first - page.first, next - page.first),
        ])
      ),
    );
    const newestAgeMs = longest.newestAgeMs + (longest.next - next) * longest.stepMs;
    return this.#view(node, longest.stepMs, first, next, { newestAgeMs, series });
  }

  async #pagesOf(to: ControlTarget, keys: readonly string[], since: number): Promise<Page> {
    const page: Page = {
      first: since,
      next: since,
      stepMs: 0,
      newestAgeMs: 0,
      series: new Map(keys.map((key) => [key, []])),
    };
    for (let tries = 0; tries < HISTORY_MESSAGES_MAX; tries++) {
      const { body } = await this.#historyPage(to, { series: [...keys], from: page.next });
      if (tries === 0) page.first = page.next = body.from;
      const rows = Math.min(...body.values.map((one) => one.length));
      // It has begun anew, or forgotten what comes next.
      if (body.from !== page.next || body.values.length !== keys.length) break;
      keys.forEach((key, at) =>
        page.series.get(key)?.push(...valuesIn(key, (body.values[at] ?? []).slice(0, rows)))
      );
      page.next += rows;
      page.stepMs = body.stepMs;
      page.newestAgeMs = body.newestAgeMs + (body.next - page.next) * body.stepMs;
      if (rows === 0 || page.next >= body.next) break;
    }
    return page;
  }

  #historyPage(
    to: ControlTarget,
    body: Message<"HISTORY_WANT">["body"],
  ): Promise<Message<"HISTORY">> {
    return new Promise((resolve, reject) => {
      this.#request(to, "HISTORY_WANT", body, (answer) => {
        if (answer !== undefined && isMessage(answer, "HISTORY")) return resolve(answer);
        reject(
          new UserError("no-answer", `Cannot show the history of "${to.name}": no answer from it`),
        );
      });
    });
  }

  // Routes

  async #historyRoute(query: Readonly<Record<string, string>>): Promise<HistoryView> {
    const node = query.node === undefined ? undefined : nodeName(query.node);
    if (query.node !== undefined && node === undefined) {
      throw new UserError("bad-name", `Cannot show the history of "${query.node}": no node's name`);
    }
    const since = Number(query.since ?? 0);
    if (!Number.isSafeInteger(since) || since < 0) {
      throw new UserError("bad-number", "Cannot show a history: `since` is no sample's number");
    }
    return await this.history(node, since);
  }

  async #thumbnail(text: string): Promise<object> {
    const stream = streamName(text);
    if (stream === undefined) {
      throw new UserError("bad-name", `Cannot show "${text}": origin/name expected`);
    }
    if (!this.#options.thumbnails) return { stream, why: "off" };
    return await this.#running().thumbnails.get(stream);
  }

  #collect(brain: Collector): Disposable[] {
    const { metrics } = this.#ctx;
    const total = (result: string, value: number) => ({ labels: { result }, value });
    return [
      metrics.collect("observer_nodes", "gauge", "Nodes known from summaries.", () => [
        { value: brain.nodes },
      ]),
      metrics.collect("observer_left_out", "gauge", "Nodes that found no room.", () => [
        { value: brain.leftOut },
      ]),
      metrics.collect("observer_questions_total", "counter", "Questions to other nodes.", () => [
        total("answered", brain.counts.answered),
        total("failed", brain.counts.failed),
      ]),
      metrics.collect(
        "observer_refused_total",
        "counter",
        "Questions of others that were over the limit.",
        () => [{ value: this.#refused }],
      ),
      metrics.collect("observer_thumbnails_total", "counter", "Pictures of streams.", () => [
        total("made", this.#run?.thumbnails.counts.made ?? 0),
        total("failed", this.#run?.thumbnails.counts.failed ?? 0),
      ]),
    ];
  }
}

/** Samples of some series of another node. */
interface Page {
  first: number;
  next: number;
  stepMs: number;
  newestAgeMs: number;
  readonly series: Map<string, (number | null)[]>;
}

/** This node over time, and the whole network. */
export default definePlugin({
  name: "observer",
  slot: "observer",
  summary: "Keeps this node's figures over time, and shows the whole network from any node.",
  needs: ["control", "keepalive", "membership", "catalog", "exchange", "datapath", "role"],
  config,
  create(ctx, options) {
    const observer = new ObserverPlugin(ctx, options);
    return {
      admin: observer.admin,
      start: () => observer.start(),
      stop: () => observer.stop(),
      summary: () => observer.summary(),
      network: () => observer.network(),
      history: (node, since) => observer.history(node, since),
    };
  },
});
