/** For tests: POPs with a given distance, loss and room, and viewers that probe them in simulated time. */
import type { NodeName } from "../ids.ts";
import { seededRng } from "../rng.ts";
import type { Rng } from "../ports.ts";
import type { PopInfo } from "../slots.ts";
import type { Load } from "./measure.ts";
import type { Out, PopBrain } from "./brain.ts";

/** A POP as the rig plays it; change it while the rig runs. */
export interface RigPop {
  readonly name: NodeName;
  instance: number;
  rttMs: number;
  jitterMs: number;
  loss: number;
  load: Load;
  alive: boolean;
}

/** Makes a plugin's brain from its options. */
export type MakeBrain = (self: NodeName, raw: object, rng: Rng) => PopBrain;

/** Simulated time, and the POPs. */
export class Rig {
  nowMs = 0;
  readonly random: () => number;
  readonly pops: RigPop[] = [];
  #queue: { readonly atMs: number; readonly order: number; readonly fn: () => void }[] = [];
  #order = 0;

  constructor(readonly seed: number, readonly make: MakeBrain) {
    this.random = seededRng(seed).next;
  }

  pop(name: string, rttMs: number, more: Partial<RigPop> = {}): RigPop {
    const pop: RigPop = {
      name: name as NodeName,
      instance: 1,
      rttMs,
      jitterMs: 0,
      loss: 0,
      load: { children: 0, maxChildren: 1000, closed: false },
      alive: true,
      ...more,
    };
    this.pops.push(pop);
    return pop;
  }

  viewer(raw: object = {}): RigViewer {
    const rng = seededRng(Math.floor(this.random() * 2 ** 32));
    const brain = this.make("me" as NodeName, raw, rng);
    return new RigViewer(this, brain);
  }

  catalogue(): PopInfo[] {
    return this.pops.map(({ name, instance, load }) => {
      const addr = { host: name, port: 1 };
      const peer = { name, instance, roles: [], pop: true };
      return { peer: { ...peer, control: addr, keepalive: addr, media: addr }, ...load };
    });
  }

  at(atMs: number, fn: () => void): void {
    const entry = { atMs, order: this.#order++, fn };
    let low = 0;
    for (let high = this.#queue.length; low < high;) {
      const middle = (low + high) >> 1;
      if ((this.#queue[middle]?.atMs ?? 0) > atMs) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, entry);
  }

  run(forMs: number): void {
    const untilMs = this.nowMs + forMs;
    for (;;) {
      const next = this.#queue.at(-1);
      if (next === undefined || next.atMs > untilMs) break;
      this.#queue.pop();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.fn();
    }
    this.nowMs = untilMs;
  }
}

/** A viewer that probes the rig's POPs. */
export class RigViewer {
  /** The first of the list each time it changed, with the time. */
  readonly firsts: { readonly atMs: number; readonly name: string | undefined }[] = [];
  readonly probes: { readonly atMs: number; readonly name: string }[] = [];
  changes = 0;
  #wakeMs = Infinity;

  constructor(readonly rig: Rig, readonly brain: PopBrain) {}

  get first(): string | undefined {
    return this.brain.ranked()[0]?.pop.peer.name;
  }

  get names(): readonly string[] {
    return this.brain.ranked().map(({ pop }) => pop.peer.name);
  }

  /** Learns the catalogue as it is now. */
  meet(): void {
    this.feed({ kind: "pops", pops: this.rig.catalogue() });
  }

  feed(event: Parameters<PopBrain["handle"]>[0]): void {
    for (const out of this.brain.handle(event, this.rig.nowMs)) this.#act(out);
  }

  #act(out: Out): void {
    const { rig } = this;
    if (out.kind === "changed") {
      this.changes++;
      if (this.firsts.at(-1)?.name !== this.first) {
        this.firsts.push({ atMs: rig.nowMs, name: this.first });
      }
    } else if (out.kind === "wake") {
      const atMs = this.#wakeMs = Math.max(out.atMs, rig.nowMs);
      rig.at(atMs, () => {
        if (this.#wakeMs === atMs) this.feed({ kind: "tick" });
      });
    } else this.#probe(out);
  }

  #probe({ pop: info, probe, timeoutMs }: Extract<Out, { kind: "probe" }>): void {
    const { rig } = this;
    const { name } = info.peer;
    this.probes.push({ atMs: rig.nowMs, name });
    const pop = rig.pops.find((one) => one.name === name);
    const rttMs = (pop?.rttMs ?? 0) + rig.random() * (pop?.jitterMs ?? 0);
    if (pop === undefined || !pop.alive || rttMs > timeoutMs || rig.random() < pop.loss) {
      rig.at(rig.nowMs + timeoutMs, () => this.feed({ kind: "missed", name, probe }));
      return;
    }
    rig.at(rig.nowMs + rttMs, () => {
      this.feed({ kind: "replied", name, probe, rttMs, load: pop.load });
    });
  }
}
