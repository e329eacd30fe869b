/**
 * The common brain of the trees: ways to each origin with measured costs, announced hop by hop, kept free
 * of loops at every instant by the feasibility condition of Babel (RFC 8966). Alone it is a path vector
 * (`tree-buildtree`); an `Advisor` that knows more ranks the ways by what it knows (`tree-linkstate`). The
 * proof is in the README of `tree-buildtree`. No I/O; `dueMs` says when it wants a tick. What is known
 * of an origin is in `origin_state.ts`, who is followed in `selection.ts`, what is said in
 * `speaker.ts`.
 */
import type { NodeName, Peer } from "../ids.ts";
import type { Machine } from "../plugin.ts";
import type { LinkQuality, OriginView, Route, TreeSnapshot } from "../slots.ts";
import { TokenBucket } from "../token_bucket.ts";
import type { MessageBody } from "../wire/messages.ts";
import type { TreeConfig } from "./config.ts";
import {
  type Counters,
  type In,
  type Me,
  newCounters,
  type Out,
  type TreeMessage,
  type WayMessage,
} from "./events.ts";
import { adoptNeighbors, adoptOwn, takeSnapshot } from "./handover.ts";
import type { Neighbor } from "./neighbor.ts";
import { Neighborhood } from "./neighborhood.ts";
import { OriginState } from "./origin_state.ts";
import { OriginTable } from "./origin_table.ts";
import { OwnOrigin } from "./own.ts";
import { type Advisor, choose, fingerprint, routesOf, type Way, waysOf } from "./selection.ts";
import { PATH_MAX, Speaker } from "./speaker.ts";

/** Links are measured so often. */
const MEASURE_MS = 1000;
/** A node that slept for longer than this was dead to others: what it knows is of the past. */
const FROZEN_MS = 1000;
/**
 * A new life follows nobody while a neighbor may still follow its former one: until all neighbors are up, and
 * so know the new life, or for longer than they need to find a death.
 */
const CLEAN_START_MS = 1500;
/** Seeks that other plugins may ask for. */
const SEEKS_A_SECOND = 5;

/** Builds and repairs the tree. */
export class TreeBrain implements Machine<In, Out> {
  readonly counters: Counters = newCounters();
  readonly #table: OriginTable;
  /** When a tick is wanted. */
  dueMs: number;
  readonly #speaker: Speaker;
  readonly #neighborhood: Neighborhood;
  readonly #seeks: TokenBucket;
  #own: OwnOrigin | undefined;
  #out: Out[] = [];
  #measureAtMs: number;
  #cleanAtMs: number;

  constructor(
    readonly me: Me,
    readonly config: TreeConfig,
    nowMs: number,
    readonly advisor?: Advisor,
  ) {
    this.#table = new OriginTable(config, this.counters.dropped);
    this.#neighborhood = new Neighborhood(me.name, config, nowMs);
    this.#speaker = new Speaker(me.name, this.neighbors, (to, saying) => {
      this.counters.sent[saying.type]++;
      this.#out.push({ kind: "send", to: to.peer, saying });
    });
    this.#seeks = new TokenBucket(SEEKS_A_SECOND, SEEKS_A_SECOND, nowMs);
    this.#measureAtMs = nowMs + MEASURE_MS;
    this.#cleanAtMs = nowMs + CLEAN_START_MS;
    this.dueMs = this.#measureAtMs;
  }

  /** All origins, by name. */
  get states(): Map<NodeName, OriginState> {
    return this.#table.byName;
  }

  /** All neighbors, by name. */
  get neighbors(): Map<NodeName, Neighbor> {
    return this.#neighborhood.byName;
  }

  handle(event: In, nowMs: number): readonly Out[] {
    if (nowMs - this.dueMs > FROZEN_MS) this.#wake(nowMs);
    this.#take(event, nowMs);
    this.#doDue(nowMs);
    this.dueMs = this.#nextDueMs();
    const out = this.#out;
    this.#out = [];
    return out;
  }

  /** Candidates, best first. */
  routes(origin: NodeName): readonly Route[] {
    return this.states.get(origin)?.routes ?? [];
  }

  /** Everything known, this node's own origin included. */
  origins(): readonly OriginView[] {
    const views = [...this.states.values()].filter((state) => state.entries.size > 0)
      .map(({ origin, epoch, digest, routes }): OriginView => ({ origin, epoch, digest, routes }));
    if (this.#own === undefined) return views;
    const { name, epoch, digest } = this.#own;
    return [{ origin: name, epoch, digest, routes: [] }, ...views];
  }

  /** Whether a sender has not yet said too much; counted when it has. */
  admits(from: NodeName, nowMs: number): boolean {
    const admitted = this.#neighborhood.allows(from, nowMs);
    if (!admitted) this.counters.dropped.rate++;
    return admitted;
  }

  /** Whether this node is an origin, and what it says of its readiness to pass streams on. */
  get offer(): { readonly origin: boolean; readonly transit: boolean; readonly full: boolean } {
    return { ...this.#speaker.readiness, origin: this.#own !== undefined };
  }

  /** The state for a successor in the same process, whatever its algorithm. */
  snapshot(nowMs: number): TreeSnapshot {
    return takeSnapshot(this.#own, this.#speaker, this.states, this.neighbors, nowMs);
  }

  /** Continues a predecessor's work; what it has announced stays binding. */
  adopt(from: TreeSnapshot, nowMs: number): void {
    for (const one of from.origins) this.states.set(one.origin, OriginState.adopt(one, nowMs));
    adoptNeighbors(from, this.neighbors, nowMs);
    this.#own = adoptOwn(from, this.me.name, this.config.interval, nowMs);
    this.#speaker.transit = from.transit;
    this.#speaker.full = from.full;
    this.#cleanAtMs = nowMs;
    this.#chooseAll(nowMs);
    this.dueMs = nowMs;
  }

  #take(event: In, nowMs: number): void {
    switch (event.kind) {
      case "neighbors":
        return this.#onNeighbors(event.peers, nowMs);
      case "up":
        return this.#onUp(event.peer, event.link, nowMs);
      case "down":
        return this.#onDown(event.name, nowMs);
      case "links":
        if (this.#neighborhood.measure(event.links, nowMs)) this.#chooseAll(nowMs);
        return;
      case "message":
        if (isWayMessage(event.message)) this.#onMessage(event.message, nowMs);
        return;
      case "announce":
        return this.#announce(event.digest, nowMs);
      case "withdraw":
        return this.#withdrawOwn();
      case "transit":
        this.#speaker.transit = event.open;
        return this.#chooseAll(nowMs);
      case "full":
        this.#speaker.full = event.full;
        return this.#chooseAll(nowMs);
      case "distrust":
        this.neighbors.get(event.name)?.distrust(nowMs);
        this.#table.blame(event.name, nowMs);
        return this.#chooseAll(nowMs);
      case "seek":
        return this.#seekNow(event.origin, nowMs);
      case "reconsider":
        return this.#chooseAll(nowMs);
      case "tick":
        return;
    }
  }

  // Neighbors and links

  #onNeighbors(peers: readonly Peer[], nowMs: number): void {
    const { greeted, gone, refused } = this.#neighborhood.list(peers);
    this.counters.dropped.tooManyNeighbors += refused;
    for (const name of gone) {
      for (const state of this.states.values()) {
        state.entries.delete(name);
        state.forgetOrder(name);
      }
    }
    for (const neighbor of greeted) this.#greet(neighbor, nowMs);
    this.#chooseAll(nowMs);
  }

  #onUp(peer: Peer, link: LinkQuality, nowMs: number): void {
    const neighbor = this.#neighborhood.up(peer, link);
    if (neighbor === undefined) return;
    this.#greet(neighbor, nowMs);
    this.#chooseAll(nowMs);
  }

  /** A neighbor is up: it hears at once what is announced, and what is looked for. */
  #greet(neighbor: Neighbor, nowMs: number): void {
    const { send } = this.#speaker;
    if (this.#own !== undefined && this.#own.sequence > 0) {
      send(neighbor, { type: "BUILDTREE", body: this.#own.current() });
    }
    for (const state of this.states.values()) {
      const { advertised } = state;
      if (advertised !== undefined) send(neighbor, { type: "BUILDTREE", body: advertised });
      if (state.seekAtMs !== Infinity) {
        send(neighbor, { type: "SEEK", body: this.#speaker.question(state, nowMs) });
      }
    }
  }

  #onDown(name: NodeName, nowMs: number): void {
    this.#neighborhood.down(name);
    this.#table.blame(name, nowMs);
    for (const state of this.states.values()) state.entries.delete(name);
    this.#chooseAll(nowMs);
  }

  // Messages

  #onMessage(message: WayMessage, nowMs: number): void {
    this.counters.received[message.type]++;
    const { dropped } = this.counters;
    const { from } = message;
    const neighbor = this.neighbors.get(from);
    if (neighbor !== undefined && message.instance < neighbor.peer.instance) {
      dropped.overtaken++;
    } else if (!this.admits(from, nowMs)) return;
    else if (message.type === "SEEK") this.#onSeek(neighbor, message.body, nowMs);
    else if (message.type === "WITHDRAW") this.#onWithdraw(message, nowMs);
    else this.#onAnnouncement(message, nowMs);
  }

  #onAnnouncement(message: WayMessage & { type: "BUILDTREE" }, nowMs: number): void {
    const { from, instance, seq, body } = message;
    const { path, origin } = body;
    const { dropped } = this.counters;
    if (origin === this.me.name) {
      dropped.own++;
      if (body.epoch === this.#own?.epoch) this.#own.overtake(body.sequence, nowMs);
      return;
    }
    if (path[0] !== origin || path.at(-1) !== from) {
      dropped.malformed++;
      return;
    }
    const before = this.states.get(origin)?.parent;
    const state = this.#table.find(origin, body.epoch, nowMs);
    if (state === undefined) return;
    if (before !== undefined && state.parent === undefined) {
      this.#out.push({ kind: "parent", origin, parent: undefined, before });
    }
    if (!state.knows(from) && state.senders >= 2 * this.config.neighborsMax) {
      dropped.stranger++;
      return;
    }
    if (!state.inOrder(from, instance, seq, nowMs)) {
      dropped.overtaken++;
      return;
    }
    state.touchedMs = nowMs;
    // A way through this node itself is none; it also means that the neighbor's former way is gone.
    const usable = path.length <= PATH_MAX && !path.includes(this.me.name) &&
      new Set(path).size === path.length;
    if (usable) state.learn(from, instance, body, nowMs);
    else state.entries.delete(from);
    this.#choose(state, nowMs);
  }

  #onWithdraw(message: WayMessage & { type: "WITHDRAW" }, nowMs: number): void {
    const { from, instance, seq, body } = message;
    const state = this.states.get(body.origin);
    if (state === undefined || body.epoch < state.epoch || !state.knows(from)) return;
    if (!state.inOrder(from, instance, seq, nowMs)) {
      this.counters.dropped.overtaken++;
      return;
    }
    if (body.lost !== undefined) state.hear(body.lost, nowMs);
    if (state.entries.delete(from)) this.#choose(state, nowMs);
  }

  #onSeek(asker: Neighbor | undefined, body: MessageBody<"SEEK">, nowMs: number): void {
    if (asker === undefined || !asker.up) {
      this.counters.dropped.stranger++;
      return;
    }
    const { send, transit } = this.#speaker;
    if (body.origin === this.me.name) {
      const own = this.#own;
      if (own === undefined || body.epoch > own.epoch) return;
      if (body.epoch === own.epoch && body.sequence > own.sequence) own.wants(body.sequence, nowMs);
      else if (own.sequence > 0) send(asker, { type: "BUILDTREE", body: own.current() });
      return;
    }
    const state = this.states.get(body.origin);
    if (state === undefined || !transit || body.epoch > state.epoch) return;
    if (body.lost !== undefined) {
      state.hear(body.lost, nowMs);
      this.#choose(state, nowMs);
    }
    this.#speaker.answer(state, asker, body, nowMs);
  }

  // This node's own wishes

  #announce(digest: string, nowMs: number): void {
    const { name, instance } = this.me;
    if (this.#own === undefined) {
      this.#own = new OwnOrigin(name, instance, digest, this.config.interval, nowMs);
    } else if (this.#own.digest !== digest) {
      this.#own.digest = digest;
      this.#own.raise(nowMs);
    }
  }

  #withdrawOwn(): void {
    const own = this.#own;
    if (own === undefined) return;
    this.#own = undefined;
    const body = { origin: own.name, epoch: own.epoch, sequence: own.sequence };
    // The node is about to leave: no time for repeats that wait.
    for (let i = 0; i < 3; i++) this.#speaker.toAll({ type: "WITHDRAW", body });
  }

  #seekNow(origin: NodeName, nowMs: number): void {
    if (origin === this.me.name || !this.#seeks.take(nowMs)) return;
    const state = this.states.get(origin);
    if (state === undefined) {
      const body = { origin, epoch: 0, sequence: 0, hops: PATH_MAX };
      this.#speaker.toAll({ type: "SEEK", body });
      return;
    }
    const hasWay = state.routes.some((route) => route.feasible);
    state.wanted = hasWay || state.best === undefined ? 0 : state.best.sequence + 1;
    this.#speaker.toAll({ type: "SEEK", body: this.#speaker.question(state, nowMs) });
  }

  // Choosing

  #chooseAll(nowMs: number): void {
    for (const state of this.states.values()) this.#choose(state, nowMs);
  }

  /** Whether a former life's children are certainly gone. */
  #isClean(nowMs: number): boolean {
    if (nowMs >= this.#cleanAtMs) return true;
    if (!this.#neighborhood.complete) return false;
    this.#cleanAtMs = nowMs;
    return true;
  }

  #ways(state: OriginState, nowMs: number): readonly Way[] {
    return waysOf(state, this.neighbors, !this.#isClean(nowMs), nowMs, this.advisor);
  }

  #choose(state: OriginState, nowMs: number): void {
    const ways = this.#ways(state, nowMs);
    const { parent, againMs } = choose(state, ways, this.config, nowMs);
    const before = state.parent;
    const name = parent?.neighbor.peer.name;
    state.parent = name;
    state.lookAtMs = nowMs < this.#cleanAtMs ? Math.min(againMs, this.#cleanAtMs) : againMs;
    for (const { neighbor } of ways) {
      const { distrustedUntilMs } = neighbor;
      if (distrustedUntilMs > nowMs) state.lookAtMs = Math.min(state.lookAtMs, distrustedUntilMs);
    }
    state.lookAtMs = Math.min(state.lookAtMs, state.rumorEndMs(nowMs));
    if (name !== before) {
      this.counters.parentChanges++;
      this.#out.push({ kind: "parent", origin: state.origin, parent: name, before });
    }
    this.#speaker.plan(state, parent, nowMs);
    this.#lookForWay(state, ways, before !== undefined, nowMs);
    this.#show(state, ways);
  }

  #lookForWay(state: OriginState, ways: readonly Way[], had: boolean, nowMs: number): void {
    const parent = ways.find((way) => way.neighbor.peer.name === state.parent);
    // A way through somebody who is said to be lost is followed, but not trusted.
    if (parent !== undefined && !(had && parent.doubtful && state.blames)) {
      state.seekAtMs = Infinity;
      return;
    }
    if (state.seekAtMs !== Infinity || !this.#isClean(nowMs)) return;
    if (!had && ways.length === 0) return;
    if (parent === undefined) this.counters.starvations++;
    this.#speaker.beginSeek(state, state.best === undefined ? 0 : state.best.sequence + 1, nowMs);
  }

  #show(state: OriginState, ways: readonly Way[]): void {
    state.routes = routesOf(state, ways);
    const shown = `${state.epoch} ${state.digest} ${fingerprint(state.routes)}`;
    if (shown === state.shown) return;
    state.shown = shown;
    this.#out.push({ kind: "changed", origin: state.origin });
  }

  // Time

  /** This node slept: neighbors took it for dead, and what it knows may be long past. */
  #wake(nowMs: number): void {
    this.counters.stalls++;
    for (const state of this.states.values()) {
      if (state.entries.size === 0) continue;
      state.entries.clear();
      this.#choose(state, nowMs);
      // What neighbors announce may still be good enough to be followed.
      if (state.best !== undefined) state.wanted = state.best.sequence;
    }
  }

  #doDue(nowMs: number): void {
    if (this.#own !== undefined && this.#own.dueMs <= nowMs) {
      this.#speaker.toAll({ type: "BUILDTREE", body: this.#own.next(nowMs) });
    }
    if (this.#measureAtMs <= nowMs) {
      this.#measureAtMs = nowMs + MEASURE_MS;
      this.#out.push({ kind: "measure" });
      for (const state of this.#table.expire(nowMs)) this.#choose(state, nowMs);
    }
    for (const state of this.states.values()) {
      if (state.lookAtMs <= nowMs) this.#choose(state, nowMs);
      if (state.flushAtMs <= nowMs) this.#flush(state, nowMs);
      if (state.withdrawAtMs <= nowMs) this.#speaker.withdraw(state, nowMs);
      if (state.seekAtMs <= nowMs) this.#speaker.seek(state, nowMs);
    }
  }

  #flush(state: OriginState, nowMs: number): void {
    const ways = this.#ways(state, nowMs);
    const way = ways.find((one) => one.neighbor.peer.name === state.parent);
    state.flushAtMs = Infinity;
    if (way === undefined) return;
    this.#speaker.announce(state, way, nowMs);
    // What was committed to may have closed other ways.
    this.#choose(state, nowMs);
  }

  #nextDueMs(): number {
    let due = Math.min(this.#measureAtMs, this.#own?.dueMs ?? Infinity);
    for (const state of this.states.values()) {
      due = Math.min(
        due,
        state.lookAtMs,
        state.flushAtMs,
        state.withdrawAtMs,
        state.seekAtMs,
      );
    }
    return due;
  }
}

function isWayMessage(message: TreeMessage): message is WayMessage {
  return message.type === "BUILDTREE" || message.type === "WITHDRAW" || message.type === "SEEK";
}
