import { Alarm } from "../../core/alarm.ts";
import { definePlugin } from "../../core/define.ts";
import type { NodeName } from "../../core/ids.ts";
import { Listeners } from "../../core/listeners.ts";
import type { Context, Life } from "../../core/plugin.ts";
import type { Control, Keepalive, Membership, OriginView, Route, Tree } from "../../core/slots.ts";
import { type Config, config } from "./config.ts";
import type { In, Out } from "./events.ts";
import { collectMetrics } from "./metrics.ts";
import { type Handover, TreeBrain } from "./protocol.ts";

/** The tree between its neighbors: turns the brain's effects into messages, calls and a timer. */
class BuildTree implements Tree, Life {
  readonly #ctx: Context<"control" | "keepalive" | "membership">;
  readonly #config: Config;
  readonly #control: Control;
  readonly #keepalive: Keepalive;
  readonly #membership: Membership;
  readonly #changes = new Listeners<[NodeName]>();
  readonly #alarm: Alarm;
  #brain: TreeBrain | undefined;
  #adopted: Handover | undefined;
  #held: Disposable[] = [];

  constructor(ctx: Context<"control" | "keepalive" | "membership">, config: Config) {
    this.#ctx = ctx;
    this.#config = config;
    this.#control = ctx.use("control");
    this.#keepalive = ctx.use("keepalive");
    this.#membership = ctx.use("membership");
    this.#alarm = new Alarm(ctx.clock, () => this.#feed({ kind: "tick" }));
  }

  start(): void {
    if (this.#brain !== undefined) throw new Error("Cannot start tree-buildtree: it is running");
    const { self, clock, metrics } = this.#ctx;
    const brain = new TreeBrain(self, this.#config, clock.now());
    this.#brain = brain;
    if (this.#adopted !== undefined) brain.adopt(this.#adopted, clock.now());
    this.#adopted = undefined;
    const { name } = self;
    this.#held = [
      ...collectMetrics(metrics, brain, () => clock.now()),
      this.#control.onMessage("BUILDTREE", (message) => this.#feed({ kind: "message", message })),
      this.#control.onMessage("WITHDRAW", (message) => this.#feed({ kind: "message", message })),
      this.#control.onMessage("SEEK", (message) => this.#feed({ kind: "message", message })),
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
    this.#alarm.set(brain.dueMs);
  }

  stop(): void {
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
    return this.#brain?.snapshot();
  }

  adopt(state: unknown): void {
    if (typeof state !== "object" || state === null || !("kind" in state)) return;
    // The state never leaves the process; the tag says that a brain of this version made it.
    if (state.kind === "tree-buildtree/1") this.#adopted = state as Handover;
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

  #tellNeighbors(): void {
    this.#feed({ kind: "neighbors", peers: this.#membership.neighbors() });
  }

  #feed(event: In): void {
    const brain = this.#brain;
    if (brain === undefined) return;
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

  #act(out: Out, brain: TreeBrain): void {
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

/** A path vector over measured links, free of loops at every instant. */
export default definePlugin({
  name: "tree-buildtree",
  slot: "tree",
  summary: "Builds the tree by announcements with measured costs; no repair ever forms a loop.",
  needs: ["control", "keepalive", "membership"],
  config,
  create: (ctx, options) => new BuildTree(ctx, options),
});
