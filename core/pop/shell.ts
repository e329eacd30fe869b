import { Alarm } from "../alarm.ts";
import { Listeners } from "../listeners.ts";
import type { Context, Life } from "../plugin.ts";
import type { NodeName } from "../ids.ts";
import type { PopInfo, PopSelector, RankedPop } from "../slots.ts";
import type { Sample } from "../ports.ts";
import { isMessage } from "../wire/messages.ts";
import type { Knowledge } from "./measure.ts";
import type { In, Out, PopBrain } from "./brain.ts";

/** Makes a PROBE as long as any CHALLENGE, so that a POP that restarted can always say so. */
const PROBE_PAD = new Uint8Array(64);

type Needs = "control" | "catalog";

/** What a plugin puts into the shell. */
export interface PopParts {
  readonly name: string;
  brain(): PopBrain;
}

/** The life of a POP selection on the node's control plane and catalogue. */
export class PopLife implements PopSelector, Life {
  readonly #ctx: Context<Needs>;
  readonly #parts: PopParts;
  readonly #listeners = new Listeners();
  /** Probes under way, by their numbers. */
  readonly #probes = new Map<number, Disposable>();
  #brain: PopBrain | undefined;
  #held: Disposable[] = [];
  readonly #alarm: Alarm;
  #known: readonly Knowledge[] = [];

  constructor(ctx: Context<Needs>, parts: PopParts) {
    this.#ctx = ctx;
    this.#parts = parts;
    this.#alarm = new Alarm(ctx.clock, () => this.#feed({ kind: "tick" }));
  }

  readonly admin = [{
    method: "get",
    path: "/pops",
    summary: "Every POP this node knows, with what it measured of it.",
    handle: () => ({ pops: this.#brain?.all(this.#ctx.clock.now()) ?? [] }),
  }] as const;

  start(): void {
    if (this.#brain !== undefined) {
      throw new Error(`Cannot start ${this.#parts.name}: it is running`);
    }
    const catalog = this.#ctx.use("catalog");
    const brain = this.#parts.brain();
    brain.inherit(this.#known);
    this.#brain = brain;
    const meet = () => this.#feed({ kind: "pops", pops: catalog.pops() });
    this.#held = [...this.#collect(brain), catalog.onChange(meet)];
    meet();
  }

  stop(): void {
    this.#known = this.#brain?.knowledge() ?? this.#known;
    this.#brain = undefined;
    this.#alarm.set(undefined);
    for (const held of this.#held.splice(0)) held[Symbol.dispose]();
    for (const probe of this.#probes.values()) probe[Symbol.dispose]();
    this.#probes.clear();
  }

  snapshot(): unknown {
    return { pops: this.#brain?.knowledge() ?? this.#known };
  }

  adopt(state: unknown): void {
    if (typeof state !== "object" || state === null || !("pops" in state)) return;
    if (Array.isArray(state.pops)) this.#known = state.pops.filter(isKnowledge);
  }

  ranked(): readonly RankedPop[] {
    return this.#brain?.ranked() ?? [];
  }

  onChange(fn: () => void): Disposable {
    return this.#listeners.on(fn);
  }

  distrust(name: NodeName): void {
    this.#feed({ kind: "distrust", name });
  }

  #feed(event: In): void {
    const brain = this.#brain;
    if (brain === undefined) return;
    for (const out of brain.handle(event, this.#ctx.clock.now())) {
      // A listener may have stopped this node.
      if (this.#brain !== brain) return;
      this.#act(out);
    }
  }

  #act(out: Out): void {
    switch (out.kind) {
      case "probe":
        this.#probe(out.pop, out.probe, out.timeoutMs);
        break;
      case "changed":
        this.#changed();
        break;
      case "wake":
        this.#alarm.set(out.atMs);
        break;
    }
  }

  /** One probe, never repeated: a lost one is a measurement. */
  #probe(pop: PopInfo, probe: number, timeoutMs: number): void {
    const { name } = pop.peer;
    let over = false;
    const request = this.#ctx.use("control").request(
      pop.peer,
      "PROBE",
      { nonce: probe, pad: PROBE_PAD },
      { timeoutMs, firstRetryMs: 2 * timeoutMs },
      (answer) => {
        over = true;
        this.#probes.delete(probe);
        const probed = typeof answer === "object" && isMessage(answer, "PROBED")
          ? answer
          : undefined;
        if (probed?.rttMs === undefined || probed.body.nonce !== probe) {
          this.#feed({ kind: "missed", name, probe });
          return;
        }
        const { children, maxChildren, closed } = probed.body;
        const load = { children, maxChildren, closed };
        this.#feed({ kind: "replied", name, probe, rttMs: probed.rttMs, load });
      },
    );
    if (!over) this.#probes.set(probe, request);
  }

  /** Tells listeners; what they throw is their own fault and stays here. */
  #changed(): void {
    try {
      this.#listeners.emit();
    } catch (error) {
      this.#ctx.log.error("listener failed", { error });
    }
  }

  #collect(brain: PopBrain): Disposable[] {
    const { metrics } = this.#ctx;
    const { counters } = brain;
    const samples = (label: string, values: Readonly<Record<string, number>>): Sample[] =>
      Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value }));
    return [
      metrics.collect(
        "pop_probes_total",
        "counter",
        "Probes of POPs, by what became of them.",
        () => {
          const { probes: sent, replies: answered, misses: missed } = counters;
          return samples("result", { sent, answered, missed });
        },
      ),
      metrics.collect(
        "pop_changes_total",
        "counter",
        "Changes of the first POP, by reason.",
        () => samples("reason", counters.changes),
      ),
      metrics.collect(
        "pop_ignored_total",
        "counter",
        "POPs beyond popsMax.",
        () => [{ value: counters.ignoredPops }],
      ),
      metrics.collect(
        "pop_pops",
        "gauge",
        "POPs known, and POPs that may be used.",
        () => samples("state", brain.sizes),
      ),
    ];
  }
}

function isKnowledge(value: unknown): value is Knowledge {
  if (typeof value !== "object" || value === null || !("name" in value)) return false;
  const { name, instance, rttMs, lossShare, first } = value as Record<string, unknown>;
  return typeof name === "string" &&
    [instance, rttMs, lossShare].every((one) => Number.isFinite(one)) && typeof first === "boolean";
}
