/**
 * What a node says of an origin that is not its own: its way, that it has none, or that it looks for one.
 * Nothing is announced before the feasibility distance has been committed to it.
 */
import type { NodeName } from "../ids.ts";
import type { MessageBody } from "../wire/messages.ts";
import type { Saying } from "./events.ts";
import type { Neighbor } from "./neighbor.ts";
import type { OriginState } from "./origin_state.ts";
import type { Way } from "./selection.ts";

/** Longest path that is followed or passed on. */
export const PATH_MAX = 32;
/** Changes within this time are told together; a new sequence number is passed on at once. */
const COALESCE_MS = 10;
/** Between two announcements of one origin at least. */
const ANNOUNCE_GAP_MS = 50;
/** A cost that moves by less is told with the next sequence number. */
const COST_SHARE = 0.1;
/** A WITHDRAW is said so often again, so far apart: it must not be lost. */
const WITHDRAW_REPEATS = 2;
const WITHDRAW_GAP_MS = 100;
/** Waits between SEEKs. The first is more than a round trip through a wide tree, the last bounds the traffic. */
const SEEK_MIN_MS = 250;
const SEEK_MAX_MS = 5000;
/** A SEEK for no more than the one before is passed on again after this; the asker's repeats come later. */
const PASS_AGAIN_MS = 100;

/** Speaks for one node. */
export class Speaker {
  transit = false;
  full = false;

  constructor(
    readonly me: NodeName,
    readonly neighbors: ReadonlyMap<NodeName, Neighbor>,
    readonly send: (to: Neighbor, saying: Saying) => void,
  ) {}

  /** Whether this node passes streams on, and whether it is full. */
  get readiness(): { readonly transit: boolean; readonly full: boolean } {
    return { transit: this.transit, full: this.full };
  }

  /** Plans what neighbors have to be told now that `way` is followed. */
  plan(state: OriginState, way: Way | undefined, nowMs: number): void {
    if (way === undefined || !this.transit || way.entry.path.length >= PATH_MAX) {
      state.flushAtMs = Infinity;
      if (state.advertised !== undefined) this.#beginWithdraw(state, nowMs);
      return;
    }
    state.withdrawsLeft = 0;
    state.withdrawAtMs = Infinity;
    const told = state.advertised;
    const isNew = told === undefined || way.entry.sequence > told.sequence;
    if (!isNew && !this.#differs(state, told, way)) {
      state.flushAtMs = Infinity;
      return;
    }
    const soonestMs = nowMs + (isNew && told !== undefined ? 0 : COALESCE_MS);
    state.flushAtMs = Math.min(
      state.flushAtMs,
      Math.max(soonestMs, state.advertisedMs + ANNOUNCE_GAP_MS),
    );
  }

  #differs(state: OriginState, told: MessageBody<"BUILDTREE">, way: Way): boolean {
    const { path } = way.entry;
    return told.full !== this.full || told.digest !== state.digest ||
      Math.abs(way.costUs - told.costUs) > told.costUs * COST_SHARE ||
      told.path.length !== path.length + 1 || path.some((name, i) => told.path[i] !== name);
  }

  /** Tells all neighbors of the way. */
  announce(state: OriginState, way: Way, nowMs: number): void {
    const body: MessageBody<"BUILDTREE"> = {
      origin: state.origin,
      epoch: state.epoch,
      sequence: way.entry.sequence,
      digest: state.digest,
      path: [...way.entry.path, this.me],
      costUs: Math.round(way.costUs),
      full: this.full,
    };
    state.commit(body);
    state.advertised = body;
    state.advertisedMs = nowMs;
    state.flushAtMs = Infinity;
    this.toAll({ type: "BUILDTREE", body });
  }

  #beginWithdraw(state: OriginState, nowMs: number): void {
    state.advertised = undefined;
    state.withdrawsLeft = WITHDRAW_REPEATS + 1;
    this.withdraw(state, nowMs);
  }

  /** Says that there is no way, as often as it has to be said. */
  withdraw(state: OriginState, nowMs: number): void {
    state.withdrawsLeft--;
    state.withdrawAtMs = state.withdrawsLeft > 0 ? nowMs + WITHDRAW_GAP_MS : Infinity;
    this.toAll({ type: "WITHDRAW", body: withdrawal(state, nowMs) });
  }

  /** Begins to ask for a way; `sequence` is the least that would help. */
  beginSeek(state: OriginState, sequence: number, nowMs: number): void {
    if (state.seekAtMs !== Infinity) return;
    state.wanted = sequence;
    state.seekAtMs = nowMs;
    state.seekGapMs = SEEK_MIN_MS;
  }

  /** Asks all neighbors, and plans to ask again. */
  seek(state: OriginState, nowMs: number): void {
    state.seekAtMs = nowMs + state.seekGapMs;
    state.seekGapMs = Math.min(SEEK_MAX_MS, state.seekGapMs * 2);
    this.toAll({ type: "SEEK", body: this.question(state, nowMs) });
    // Whoever has a way of the number asked for has answered; if none of those may be followed, only
    // a new number helps.
    if (state.best !== undefined) state.wanted = state.best.sequence + 1;
  }

  /** The question as it stands. */
  question(state: OriginState, nowMs: number): MessageBody<"SEEK"> {
    const { origin, epoch, wanted: sequence } = state;
    return { origin, epoch, sequence, hops: PATH_MAX, ...state.lostAt(nowMs) };
  }

  /** Answers somebody's question with what was announced, or passes it on. */
  answer(state: OriginState, asker: Neighbor, body: MessageBody<"SEEK">, nowMs: number): void {
    const { advertised } = state;
    if (
      advertised !== undefined && !advertised.path.includes(asker.peer.name) &&
      (state.epoch > body.epoch || advertised.sequence >= body.sequence)
    ) this.send(asker, { type: "BUILDTREE", body: advertised });
    else this.#pass(state, asker, body, nowMs);
  }

  /** Towards the origin where a way is known, else to everybody; each question only once. */
  #pass(state: OriginState, asker: Neighbor, body: MessageBody<"SEEK">, nowMs: number): void {
    if (body.hops === 0 || body.epoch !== state.epoch) return;
    const isCopy = body.sequence <= state.passedSequence && nowMs - state.passedMs < PASS_AGAIN_MS;
    if (isCopy) return;
    state.passedSequence = body.sequence;
    state.passedMs = nowMs;
    const question = { ...body, hops: Math.min(body.hops, PATH_MAX) - 1 };
    const parent = state.parent === undefined ? undefined : this.neighbors.get(state.parent);
    if (parent?.up && parent !== asker) this.send(parent, { type: "SEEK", body: question });
    else this.toAll({ type: "SEEK", body: question }, asker.peer.name);
  }

  /** Says something to every neighbor that is up, but for one. */
  toAll(saying: Saying, except?: NodeName): void {
    for (const neighbor of this.neighbors.values()) {
      if (neighbor.up && neighbor.peer.name !== except) this.send(neighbor, saying);
    }
  }
}

function withdrawal(state: OriginState, nowMs: number): MessageBody<"WITHDRAW"> {
  const { origin, epoch, best } = state;
  return { origin, epoch, sequence: best?.sequence ?? 0, ...state.lostAt(nowMs) };
}
