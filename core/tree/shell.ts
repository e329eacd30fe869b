import { Alarm } from "../alarm.ts";
import type { NodeName } from "../ids.ts";
import { Listeners } from "../listeners.ts";
import type { Context, Life, Machine } from "../plugin.ts";
import type { Metrics } from "../ports.ts";
import type {
  Control,
  Keepalive,
  Membership,
  OriginView,
  Route,
  Tree,
  TreeSnapshot,
  TreeTakeOver,
} from "../slots.ts";
import type { OriginState } from "./origin_state.ts";
import type { Neighbor } from "./neighbor.ts";
import type { Counters, In, Out, TreeMessage } from "./events.ts";
import { collectMetrics } from "./metrics.ts";

/** A brain that the shell can run. */
export interface TreeMachine extends Machine<In, Out> {
  readonly counters: Counters;
  readonly states: ReadonlyMap<NodeName, OriginState>;
  readonly neighbors: ReadonlyMap<NodeName, Neighbor>;
  readonly dueMs: number;
  routes(origin: NodeName): readonly Route[];
  origins(): readonly OriginView[];
  snapshot(nowMs: number): TreeSnapshot;
  adopt(from: TreeSnapshot, nowMs: number): void;
  /** Metrics beyond those of all trees. */
  collect?(metrics: Metrics): Disposable[];
}

/** What a plugin puts into the shell. */
export interface TreeParts {
  readonly name: string;
  /** The messages that its brain understands. */
  readonly messages: readonly TreeMessage["type"][];
  brain(nowMs: number): TreeMachine;
}

type Needs = "control" | "keepalive" | "membership";

/**
 * The life of a tree plugin between its neighbors: turns the brain's effects into messages, calls and a
 * timer, and hands the state over in a swap.
 */
export class TreeLife implements Tree, Life {
  readonly #ctx: Context<Needs>;
  readonly #parts: TreeParts;
  readonly #control: Control;
  readonly #keepalive: Keepalive;
  readonly #membership: Membership;
  readonly #changes = new Listeners<[NodeName]>();
  readonly #alarm: Alarm;
  #brain: TreeMachine | undefined;
  #adopted: TreeSnapshot | undefined;
  /** Listeners move to a successor after its start: until then nobody would hear of its routes. */
  #untold = false;
  #takenOver: TreeTakeOver | undefined;
  /** A successor speaks in this node's name. */
  #silent = false;
  /** Finds this life until it stops; a successor must not keep it from being forgotten. */
  readonly #door: {
    fallSilent?: () => TreeTakeOver | undefined;
    goOn?: (at: TreeSnapshot) => void;
  } = {};
  #held: Disposable[] = [];

  constructor(ctx: Context<Needs>, parts: TreeParts) {
    this.#ctx = ctx;
    this.#parts = parts;
    this.#control = ctx.use("control");
    this.#keepalive = ctx.use("keepalive");
    this.#membership = ctx.use("membership");
    this.#alarm = new Alarm(ctx.clock, () => this.#onAlarm());
  }

  start(): void {
    const { name, messages } = this.#parts;
    if (this.#brain !== undefined) throw new Error(`Cannot start ${name}: it is running`);
    const { clock, metrics } = this.#ctx;
    const brain = this.#parts.brain(clock.now());
    this.#brain = brain;
    this.#silent = false;
    this.#door.fallSilent = () => this.#fallSilent();
    this.#door.goOn = (at) => this.#goOn(at);
    this.#takenOver = this.#adopted?.takeOver?.();
    const state = this.#takenOver?.state ?? this.#adopted;
    this.#untold = state !== undefined;
    if (state !== undefined) brain.adopt(state, clock.now());
    this.#adopted = undefined;
    this.#held = [
      ...collectMetrics(metrics, brain, () => clock.now()),
      ...brain.collect?.(metrics) ?? [],
      ...messages.map((type) =>
        // A message of one of these types is one of the union, which inference cannot see.
        this.#control.onMessage(type, (message) => this.#hear(message as TreeMessage))
      ),
      this.#membership.onChange(() => this.#tellNeighbors()),
      this.#keepalive.onUp((peer) => {
        this.#feed({ kind: "up", peer, link: this.#keepalive.link(peer.name) });
      }),
      this.#keepalive.onDown((peer) => this.#feed({ kind: "down", name: peer.name })),
    ];
    this.#ctx.log.debug("tree starts", { name });
    this.#tellNeighbors();
    for (const { peer, link } of this.#keepalive.watched()) {
      if (link.state === "up" || link.state === "suspect") this.#feed({ kind: "up", peer, link });
    }
    this.#alarm.set(this.#untold ? clock.now() : brain.dueMs);
  }

  stop(): void {
    const last = this.#brain?.snapshot(this.#ctx.clock.now());
    if (last !== undefined && !this.#silent) this.#takenOver?.giveBack(last);
    this.#takenOver = undefined;
    delete this.#door.fallSilent;
    delete this.#door.goOn;
    this.#brain = undefined;
    this.#alarm.set(undefined);
    for (const held of this.#held.splice(0)) held[Symbol.dispose]();
    this.#changes.clear();
  }

  /** Tells neighbors that nothing comes this way any more. */
  drain(): void {
    this.#feed({ kind: "withdraw" });
    this.#feed({ kind: "transit", open: false });
  }

  snapshot(): unknown {
    const state = this.#brain?.snapshot(this.#ctx.clock.now());
    const door = this.#door;
    return state && { ...state, takeOver: () => door.fallSilent?.() };
  }

  adopt(state: unknown): void {
    if (typeof state !== "object" || state === null || !("kind" in state)) return;
    // The state never leaves the process; the tag says that a tree made it.
    if (state.kind === "tree/1") this.#adopted = state as TreeSnapshot;
  }

  announce(digest: string): void {
    this.#feed({ kind: "announce", digest });
  }

  withdraw(): void {
    this.#feed({ kind: "withdraw" });
  }

  transit(open: boolean): void {
    this.#feed({ kind: "transit", open });
  }

  full(full: boolean): void {
    this.#feed({ kind: "full", full });
  }

  routes(origin: NodeName): readonly Route[] {
    return this.#brain?.routes(origin) ?? [];
  }

  origins(): readonly OriginView[] {
    return this.#brain?.origins() ?? [];
  }

  onChange(fn: (origin: NodeName) => void): Disposable {
    return this.#changes.on(fn);
  }

  distrust(parent: NodeName): void {
    this.#feed({ kind: "distrust", name: parent });
  }

  seek(origin: NodeName): void {
    this.#feed({ kind: "seek", origin });
  }

  #fallSilent(): TreeTakeOver | undefined {
    const { clock } = this.#ctx;
    const state = this.#brain?.snapshot(clock.now());
    if (state === undefined || this.#silent) return undefined;
    this.#silent = true;
    this.#alarm.set(undefined);
    const door = this.#door;
    return { state, giveBack: (back) => door.goOn?.(back) };
  }

  #goOn(state: TreeSnapshot): void {
    const { clock } = this.#ctx;
    this.#silent = false;
    this.#untold = true;
    this.#brain?.adopt(state, clock.now());
    this.#tellNeighbors();
    this.#alarm.set(clock.now());
  }

  #hear(message: TreeMessage): void {
    this.#feed({ kind: "message", message });
  }

  #onAlarm(): void {
    this.#feed({ kind: "tick" });
    if (!this.#untold) return;
    this.#untold = false;
    for (const { origin } of this.#brain?.origins() ?? []) this.#changes.emit(origin);
  }

  #tellNeighbors(): void {
    this.#feed({ kind: "neighbors", peers: this.#membership.neighbors() });
  }

  #feed(event: In): void {
    const brain = this.#brain;
    if (brain === undefined || this.#silent) return;
    const outs = brain.handle(event, this.#ctx.clock.now());
    // Armed before listeners run: one that throws or calls back must not leave the brain asleep.
    this.#alarm.set(brain.dueMs);
    // What others have to hear goes out before anybody here acts on it.
    for (const out of outs) {
      if (out.kind === "send") this.#control.send(out.to, out.saying.type, out.saying.body);
    }
    for (const out of outs) {
      // A listener may have stopped this node.
      if (this.#brain !== brain) return;
      this.#act(out, brain);
    }
  }

  #act(out: Out, brain: TreeMachine): void {
    switch (out.kind) {
      case "send":
        return;
      case "changed":
        return this.#changes.emit(out.origin);
      case "parent": {
        const { origin, parent, before } = out;
        this.#ctx.log.info("parent", { origin, parent, before });
        this.#ctx.events.emit("parent-changed", { origin, parent, before });
        return;
      }
      case "measure": {
        const links = new Map(
          [...brain.neighbors.keys()].map((name) => [name, this.#keepalive.link(name)]),
        );
        return this.#feed({ kind: "links", links });
      }
    }
  }
}
