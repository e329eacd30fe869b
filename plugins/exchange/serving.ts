/**
 * Who is served: admission, leases, moving children on. A state machine without I/O; `children.ts`
 * turns its effects into answers and orders.
 */
import { originOf, sameAddr, type Ssrc, type StreamName } from "../../core/ids.ts";
import type { Machine } from "../../core/plugin.ts";
import type { ChildStatus, ServePolicy } from "../../core/slots.ts";
import type { Message, MessageBody } from "../../core/wire/messages.ts";
import { Leases } from "./leases.ts";
import { Roll } from "./roll.ts";
import type { Child, ServingIn, ServingOptions, ServingOut, StreamView } from "./serving_events.ts";
import type { RefusalReason } from "./upstream_events.ts";

/** How soon a child asks again whose stream is being fetched. */
const PENDING_RETRY_MS = 50;
/** A child that waits and asks no more is forgotten. */
const WAITING_MS = 4000;
/** How soon a refused one may ask again. */
const RETRY_MS: Readonly<Record<RefusalReason, number>> = {
  "busy": 2000,
  "unknown-stream": 200,
  "no-source": 500,
  "loop": 500,
  "cookie": 0,
  "leaving": 10_000,
  "not-serving": 2000,
};
/** MOVE is repeated this often while a draining node waits. */
const MOVE_AGAIN_MS = 400;
/** A bit rate that differs by less is the same. */
const RATE_CHANGE_SHARE = 0.1;
/** The same wish within this time is the same JOIN once more. */
const SAME_JOIN_MS = 500;
/** How long children of an ended stream may fetch its last packets. */
const ENDING_MS = 3000;

interface Waiting {
  readonly key: string;
  readonly message: Message<"JOIN">;
  readonly bitrate: number;
  untilMs: number;
}

/** One entry per child, stream and session. */
function keyOf(message: Message<"JOIN" | "LEAVE">): string {
  return `${message.from} ${message.body.stream} ${message.body.session}`;
}

/** The machine. `handle` with `tick` is wanted at `wakeMs`. */
export class Serving implements Machine<ServingIn, ServingOut> {
  readonly #children = new Roll<Child>((child) => child.stream);
  readonly #waiting = new Roll<Waiting>(({ message }) => message.body.stream);
  readonly #leases: Leases;
  #policy: ServePolicy | undefined;
  #draining = false;
  #out: ServingOut[] = [];

  constructor(readonly options: ServingOptions) {
    this.#leases = new Leases(options.leaseMs);
  }

  get wakeMs(): number {
    let wake = this.#leases.endMs;
    if (this.#draining) {
      for (const { movedAtMs } of this.#children.values()) {
        wake = Math.min(wake, movedAtMs + MOVE_AGAIN_MS);
      }
    }
    for (const waiting of this.#waiting.values()) wake = Math.min(wake, waiting.untilMs);
    return wake;
  }

  get draining(): boolean {
    return this.#draining;
  }

  get size(): number {
    return this.#children.size;
  }

  /** Those who have the stream or wait for it. */
  interest(stream: StreamName): number {
    let count = this.#waiting.of(stream).length;
    for (const child of this.#children.of(stream)) if (!child.ending) count++;
    return count;
  }

  /** Also those who were told that the stream is over and have not left yet. */
  attached(stream: StreamName): number {
    return this.#children.of(stream).length + this.#waiting.of(stream).length;
  }

  /** The earliest packet that somebody who waits asks for. */
  wantedFrom(stream: StreamName, ssrc: Ssrc): number | undefined {
    let first: number | undefined;
    for (const { message: { body } } of this.#waiting.of(stream)) {
      if (body.ssrc !== ssrc || body.next === undefined) continue;
      first = Math.min(first ?? Infinity, body.next);
    }
    return first;
  }

  /** Whether another child gets the same stream over the same link. */
  sharesLink(child: Child): boolean {
    for (const other of this.#children.of(child.stream)) {
      if (other.key !== child.key && other.link === child.link && other.ssrc === child.ssrc) {
        return true;
      }
    }
    return false;
  }

  /** The child is still served as it was. */
  serves(child: Child): boolean {
    return this.#children.get(child.key) === child;
  }

  list(): readonly ChildStatus[] {
    return [...this.#children.values()].map((
      { stream, name, session, media, sinceMs, bitrate },
    ) => ({
      stream,
      child: name,
      session,
      media,
      sinceMs,
      bitrate,
    }));
  }

  handle(event: ServingIn, nowMs: number): readonly ServingOut[] {
    this.#out = [];
    switch (event.kind) {
      case "policy":
        this.#policy = event.policy;
        break;
      case "join":
        this.#onJoin(event, nowMs);
        break;
      case "leave":
        this.#onLeave(event.message);
        break;
      case "gone":
        this.#removeWhere((child) => child.name === event.name, "gone");
        break;
      case "send-away":
        for (const child of this.#children.values()) {
          const meant = event.stream === undefined || event.stream === child.stream;
          if (child.name === event.name && meant) this.#move(child, "congested", nowMs);
        }
        break;
      case "struggling":
        this.#onStruggling(event, nowMs);
        break;
      case "ready":
        this.#onReady(event.stream, event.view, nowMs);
        break;
      case "lost":
        for (const child of this.#children.of(event.stream)) {
          this.#move(child, "lost-source", nowMs);
        }
        break;
      case "ended":
        this.#onEnded(event, nowMs);
        break;
      case "closed":
        for (const child of this.#children.of(event.stream)) {
          this.#move(child, "lost-source", nowMs);
        }
        this.#removeWhere((child) => child.stream === event.stream && !child.ending, "closed");
        break;
      case "drain":
        this.#draining = true;
        for (const { message } of this.#waiting.values()) this.#refuse(message, "leaving");
        this.#clearWaiting();
        for (const child of this.#children.values()) this.#move(child, "draining", nowMs);
        break;
      case "stop":
        this.#clearWaiting();
        this.#removeWhere(() => true, "stop");
        break;
      case "tick":
        this.#onTick(nowMs);
    }
    return this.#out;
  }

  // --- asking and leaving -------------------------------------------------------------------------

  #onJoin(event: Extract<ServingIn, { kind: "join" }>, nowMs: number): void {
    const { message, view } = event;
    const known = this.#children.get(keyOf(message));
    if (!event.proven) return this.#refuse(message, "cookie");
    if (view.kind === "over") {
      if (known === undefined) return this.#refuse(message, "unknown-stream");
      this.#out.push({ kind: "ended", child: known, ssrc: view.ssrc, last: view.last });
      return;
    }
    const same = known !== undefined && known.instance === message.instance &&
      sameAddr(known.media, message.body.media);
    const reason = same ? undefined : this.#obstacle(message, view, known);
    if (event.loop || (event.asked && !same)) return this.#refuse(message, "loop");
    if (reason !== undefined) return this.#refuse(message, reason);
    if (view.kind === "ready") return this.#admit(message, view, nowMs, undefined);
    if (same) {
      // It is kept through an outage of this node, but for no longer than its own lease.
      this.#prolong(known, message, nowMs);
      this.#out.push({ kind: "pending", message, retryMs: PENDING_RETRY_MS * 10 });
      return;
    }
    this.#wait(message, view.kind === "fetch" ? view.bitrate : 0, nowMs);
  }

  /** Why a new child is not taken; undefined when it is. */
  #obstacle(
    message: Message<"JOIN">,
    view: StreamView,
    known: Child | undefined,
  ): RefusalReason | undefined {
    if (this.#policy === undefined) return "not-serving";
    if (this.#draining) return "leaving";
    if (view.kind === "absent") return "unknown-stream";
    if (view.kind === "over") return "unknown-stream";
    const foreign = originOf(message.body.stream) !== this.options.self;
    if (foreign && !this.#policy.transit) return "not-serving";
    if (view.kind === "ready" && view.path.length > 32) return "no-source";
    const key = keyOf(message);
    let [count, bits] = [0, 0];
    const others = [...this.#children.values(), ...this.#waiting.values()];
    for (const other of others) {
      if (other.key === key || other === known) continue;
      count++;
      bits += other.bitrate;
    }
    if (count >= this.options.tableMax) {
      this.#out.push({ kind: "count", what: "table-full" });
      return "busy";
    }
    if (count >= this.#policy.maxChildren) return "busy";
    return bits + view.bitrate > this.#policy.maxBitrate ? "busy" : undefined;
  }

  #admit(
    message: Message<"JOIN">,
    view: Extract<StreamView, { kind: "ready" }>,
    nowMs: number,
    waitedFor: number | undefined,
  ): void {
    const key = keyOf(message);
    this.#waiting.delete(key);
    const { body } = message;
    const known = this.#children.get(key);
    // A wish counts only in the numbers of the incarnation it was made for.
    const next = body.ssrc === view.ssrc ? body.next : undefined;
    if (
      known !== undefined && known.instance === message.instance && known.ssrc === view.ssrc &&
      sameAddr(known.media, body.media)
    ) {
      const again = body.renew === true ||
        (known.lastNext === next && nowMs - known.joinedAtMs < SAME_JOIN_MS);
      this.#prolong(known, message, nowMs);
      this.#rate(known, view.bitrate);
      if (!again) [known.lastNext, known.joinedAtMs] = [next, nowMs];
      const from = again ? undefined : next;
      const [fresh, { path }] = [!again, view];
      this.#out.push({ kind: "serve", child: known, from, fresh, path, answer: message });
      return;
    }
    if (known !== undefined) this.#remove(known, "replaced");
    const child: Child = {
      key,
      name: message.from,
      instance: message.instance,
      stream: body.stream,
      session: body.session,
      media: body.media,
      control: message.addr,
      sinceMs: known?.sinceMs ?? nowMs,
      ssrc: view.ssrc,
      bitrate: view.bitrate,
      link: undefined,
      first: undefined,
      leaseMs: 0,
      leaseUntilMs: 0,
      joinSeq: message.seq,
      joinedAtMs: nowMs,
      lastNext: next,
      movedAtMs: -Infinity,
      ending: false,
    };
    this.#children.set(key, child);
    this.#leases.begin(child, message.seq, nowMs);
    const from = next ?? waitedFor;
    const { path } = view;
    this.#out.push({ kind: "serve", child, from, fresh: true, path, answer: message });
    this.#out.push({ kind: "interest", stream: child.stream });
  }

  /** What a stream takes may only be known after a while, and change. */
  #rate(child: Child, bitrate: number): void {
    if (Math.abs(bitrate - child.bitrate) <= RATE_CHANGE_SHARE * child.bitrate) return;
    child.bitrate = bitrate;
    this.#out.push({ kind: "rate" });
  }

  #prolong(child: Child, message: Message<"JOIN">, nowMs: number): void {
    this.#leases.renew(child, message.seq, nowMs);
    child.control = message.addr;
    child.joinSeq = Math.max(child.joinSeq, message.seq);
  }

  #wait(message: Message<"JOIN">, bitrate: number, nowMs: number): void {
    const key = keyOf(message);
    const fresh = !this.#waiting.has(key);
    this.#waiting.set(key, { key, message, bitrate, untilMs: nowMs + WAITING_MS });
    this.#out.push({ kind: "pending", message, retryMs: PENDING_RETRY_MS });
    if (fresh) this.#out.push({ kind: "interest", stream: message.body.stream });
  }

  #onLeave(message: Message<"LEAVE">): void {
    const key = keyOf(message);
    const { stream } = message.body;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined && waiting.message.seq < message.seq) {
      this.#waiting.delete(key);
      this.#out.push({ kind: "interest", stream });
    }
    const child = this.#children.get(key);
    if (child === undefined || child.instance !== message.instance) return;
    if (child.joinSeq > message.seq || !sameAddr(message.body.media, child.media)) return;
    if (!sameAddr(message.addr, child.control)) return;
    this.#remove(child, "left");
    this.#out.push({ kind: "interest", stream });
  }

  #refuse(message: Message<"JOIN">, reason: RefusalReason): void {
    const key = keyOf(message);
    if (reason !== "cookie" && this.#waiting.delete(key)) {
      this.#out.push({ kind: "interest", stream: message.body.stream });
    }
    // Somebody whose address is not proven changes nothing.
    const child = reason === "cookie" ? undefined : this.#children.get(key);
    if (child !== undefined) {
      this.#remove(child, reason);
      this.#out.push({ kind: "interest", stream: child.stream });
    }
    this.#out.push({ kind: "refuse", message, reason, retryMs: RETRY_MS[reason] });
  }

  // --- what the stream does -----------------------------------------------------------------------

  #onReady(
    stream: StreamName,
    view: Extract<StreamView, { kind: "ready" }>,
    nowMs: number,
  ): void {
    for (const waiting of this.#waiting.of(stream)) {
      this.#waiting.delete(waiting.key);
      const reason = this.#obstacle(waiting.message, view, undefined);
      if (reason !== undefined) this.#refuse(waiting.message, reason);
      else this.#admit(waiting.message, view, nowMs, view.since);
    }
    for (const child of this.#children.of(stream)) {
      if (child.ending || (child.joinedAtMs === nowMs && child.ssrc === view.ssrc)) continue;
      if (child.ssrc !== view.ssrc) {
        // A new incarnation: the child is told by a JOINED with the new number.
        this.#out.push({ kind: "unserve", child: { ...child }, why: "incarnation" });
        child.ssrc = view.ssrc;
        child.bitrate = view.bitrate;
        child.link = undefined;
        child.lastNext = undefined;
      }
      const fresh = child.link === undefined;
      const from = fresh ? view.since : undefined;
      this.#out.push({ kind: "serve", child, from, fresh, path: view.path, answer: undefined });
    }
  }

  #onEnded(event: Extract<ServingIn, { kind: "ended" }>, nowMs: number): void {
    for (const child of this.#children.of(event.stream)) {
      if (child.ending || child.ssrc !== event.ssrc) continue;
      child.ending = true;
      this.#leases.shorten(child, nowMs + ENDING_MS);
      this.#out.push({ kind: "ended", child, ssrc: event.ssrc, last: event.last });
    }
    this.#out.push({ kind: "interest", stream: event.stream });
  }

  /** The engine has watched its trouble for seconds and cut its budget; it says so every 5 s, for a MOVE is lost easily here. */
  #onStruggling(event: Extract<ServingIn, { kind: "struggling" }>, nowMs: number): void {
    for (const child of this.#children.values()) {
      if (child.link !== event.link || child.ssrc !== event.ssrc) continue;
      this.#out.push({ kind: "count", what: "struggling" });
      this.#move(child, "congested", nowMs);
    }
  }

  #move(child: Child, reason: MessageBody<"MOVE">["reason"], nowMs: number): void {
    if (child.ending) return;
    child.movedAtMs = nowMs;
    this.#out.push({ kind: "move", child, reason });
  }

  #onTick(nowMs: number): void {
    for (const child of this.#leases.over(this.#children.values(), nowMs)) {
      if (!child.ending) this.#out.push({ kind: "count", what: "lease" });
      this.#remove(child, "lease");
      this.#out.push({ kind: "interest", stream: child.stream });
    }
    if (this.#draining) {
      for (const child of [...this.#children.values()]) {
        if (nowMs - child.movedAtMs >= MOVE_AGAIN_MS) this.#move(child, "draining", nowMs);
      }
    }
    for (const waiting of [...this.#waiting.values()]) {
      if (nowMs < waiting.untilMs) continue;
      this.#waiting.delete(waiting.key);
      this.#out.push({ kind: "interest", stream: waiting.message.body.stream });
    }
  }

  // --- tables -------------------------------------------------------------------------------------

  #clearWaiting(): void {
    const streams = new Set([...this.#waiting.values()].map((one) => one.message.body.stream));
    this.#waiting.clear();
    for (const stream of streams) this.#out.push({ kind: "interest", stream });
  }

  #remove(child: Child, why: string): void {
    if (this.#children.delete(child.key)) this.#leases.end(child);
    this.#out.push({ kind: "unserve", child, why });
  }

  #removeWhere(test: (child: Child) => boolean, why: string): void {
    const streams = new Set<StreamName>();
    for (const child of [...this.#children.values()]) {
      if (!test(child)) continue;
      this.#remove(child, why);
      streams.add(child.stream);
    }
    for (const stream of streams) this.#out.push({ kind: "interest", stream });
  }
}
