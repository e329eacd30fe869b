/** The node's side of registration: when to dial, when to register, whom to keep as neighbor. */
import type { NodeName, Peer } from "../../core/ids.ts";
import type { Machine } from "../../core/plugin.ts";
import type { Rng } from "../../core/ports.ts";
import type { Config } from "./config.ts";
import { Neighbors, type WatchOrder } from "./neighbors.ts";

/** Bounds of a lease that a bootstrapper may give: outside them its renewals would flood or never come. */
const LEASE_MIN_MS = 500;
const LEASE_MAX_MS = 3_600_000;
/** Changes of what a node says of itself are gathered this long before they are sent. */
const GATHER_MS = 20;

/** What the brain hears. */
export type In =
  | { readonly kind: "start" }
  /** The dial succeeded. */
  | { readonly kind: "connected" }
  /** The dial failed or the connection ended. */
  | { readonly kind: "disconnected"; readonly why: string }
  | {
    readonly kind: "registered";
    readonly leaseMs: number;
    readonly neighbors: readonly Peer[];
    readonly measure: readonly Peer[];
    /** Whom keepalive holds alive. */
    readonly alive: ReadonlySet<NodeName>;
  }
  | { readonly kind: "rejected"; readonly code: string; readonly why: string }
  /** What this node says of itself has changed. */
  | { readonly kind: "self-changed" }
  | { readonly kind: "refresh" }
  | { readonly kind: "down"; readonly name: NodeName }
  | { readonly kind: "drain" }
  | { readonly kind: "stop" }
  | { readonly kind: "tick" };

/** What the brain wants done. */
export type Out =
  | WatchOrder
  | { readonly kind: "dial" }
  | { readonly kind: "hang-up" }
  | { readonly kind: "register" }
  | { readonly kind: "deregister" }
  /** The list of neighbors is another. */
  | { readonly kind: "changed" }
  | {
    readonly kind: "log";
    readonly level: "info" | "warn";
    readonly event: string;
    readonly fields: Readonly<Record<string, unknown>>;
  };

type State = "off" | "waiting" | "dialing" | "connected" | "left";

/** The brain of `membership-bootstrap`. */
export class Registrar implements Machine<In, Out> {
  readonly #config: Config;
  readonly #rng: Rng;
  readonly #neighbors: Neighbors;
  readonly #hasBootstrap: boolean;
  #state: State = "off";
  #retries = 0;
  #dialMs: number | undefined;
  #dialedMs = -Infinity;
  #renewMs: number | undefined;
  #registeredMs = -Infinity;
  #answerByMs: number | undefined;
  #standing = false;
  #complaint: string | undefined;
  #out: Out[] = [];

  constructor(
    config: Config,
    rng: Rng,
    own: NodeName,
    fixed: readonly Peer[],
    hasBootstrap: boolean,
  ) {
    this.#config = config;
    this.#rng = rng;
    this.#neighbors = new Neighbors(own, fixed);
    this.#hasBootstrap = hasBootstrap;
  }

  get neighbors(): readonly Peer[] {
    return this.#neighbors.list();
  }

  /** Whether the bootstrapper has confirmed this node and the connection stands. */
  get registered(): boolean {
    return this.#state === "connected" && this.#standing;
  }

  /** When `tick` is due. */
  dueMs(): number | undefined {
    const dues = [this.#dialMs, this.#renewMs, this.#answerByMs, this.#neighbors.dueMs()]
      .filter((due) => due !== undefined);
    return dues.length === 0 ? undefined : Math.min(...dues);
  }

  /** Neighbors of a predecessor; counted as if the bootstrapper had named them. */
  adopt(neighbors: readonly Peer[]): void {
    this.#neighbors.replace(neighbors, new Set(), 0);
  }

  handle(event: In, nowMs: number): readonly Out[] {
    this.#out = [];
    this.#step(event, nowMs);
    const { orders, changed } = this.#neighbors.take();
    const out = [...this.#out, ...orders];
    if (changed && event.kind !== "stop") out.push({ kind: "changed" });
    return out;
  }

  #step(event: In, nowMs: number): void {
    switch (event.kind) {
      case "start":
        this.#neighbors.replace(this.#neighbors.list(), new Set(), 0);
        if (this.#hasBootstrap) this.#dial(nowMs);
        return;
      case "connected":
        return this.#connected(nowMs);
      case "disconnected":
        return this.#disconnected(event.why, nowMs);
      case "registered":
        return this.#registered(event, nowMs);
      case "rejected":
        return this.#rejected(event.code, event.why, nowMs);
      case "self-changed":
        return this.#hasten(nowMs + GATHER_MS);
      case "refresh":
        return this.#refresh(nowMs);
      case "down":
        return this.#neighbors.down(event.name);
      case "drain":
        return this.#leave(true);
      case "stop":
        this.#leave(false);
        return this.#neighbors.clear();
      case "tick":
        return this.#tick(nowMs);
    }
  }

  #dial(nowMs: number): void {
    this.#state = "dialing";
    this.#dialMs = undefined;
    this.#dialedMs = nowMs;
    this.#out.push({ kind: "dial" });
  }

  #connected(nowMs: number): void {
    if (this.#state !== "dialing") return;
    this.#state = "connected";
    this.#register(nowMs);
  }

  #register(nowMs: number): void {
    this.#registeredMs = nowMs;
    this.#renewMs = undefined;
    this.#answerByMs ??= nowMs + this.#config.answer;
    this.#out.push({ kind: "register" });
  }

  #disconnected(why: string, nowMs: number): void {
    if (this.#state !== "dialing" && this.#state !== "connected") return;
    const wait = Math.min(this.#config.retryMax, this.#config.retryMin * 2 ** this.#retries);
    this.#retries = Math.min(this.#retries + 1, 30);
    this.#waitFor(wait, nowMs);
    this.#complain(why, "bootstrapper is not there; going on with what is known", { why });
  }

  #waitFor(waitMs: number, nowMs: number): void {
    this.#state = "waiting";
    this.#standing = false;
    this.#renewMs = undefined;
    this.#answerByMs = undefined;
    // Half of the wait is drawn: a restarted bootstrapper is not met by all nodes at one moment.
    this.#dialMs = nowMs + waitMs * (0.5 + this.#rng.next() / 2);
  }

  /** Says a thing once, until it was well again. */
  #complain(what: string, event: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#complaint === what) return;
    this.#complaint = what;
    this.#out.push({ kind: "log", level: "warn", event, fields });
  }

  #registered(event: In & { kind: "registered" }, nowMs: number): void {
    if (this.#state !== "connected") return;
    const leaseMs = Math.min(LEASE_MAX_MS, Math.max(LEASE_MIN_MS, event.leaseMs));
    if (!this.#standing) {
      const fields = { neighbors: event.neighbors.map((peer) => peer.name), leaseMs };
      this.#out.push({ kind: "log", level: "info", event: "registered", fields });
    }
    this.#standing = true;
    this.#complaint = undefined;
    this.#retries = 0;
    this.#answerByMs = undefined;
    this.#renewMs ??= nowMs + leaseMs / 3 * (0.8 + 0.2 * this.#rng.next());
    this.#neighbors.replace(event.neighbors, event.alive, nowMs + leaseMs);
    this.#neighbors.measure(event.measure, nowMs + this.#config.measure);
  }

  #rejected(code: string, why: string, nowMs: number): void {
    if (this.#state !== "connected") return;
    this.#out.push({ kind: "hang-up" });
    this.#waitFor(this.#config.retryMax, nowMs);
    this.#complain(code, "bootstrapper refuses this node", { code, why });
  }

  /** Brings the next registration or dial forward to `atMs`, but not closer to the last than is allowed. */
  #hasten(atMs: number): void {
    if (this.#state === "connected") {
      const at = Math.max(atMs, this.#registeredMs + 2 * GATHER_MS);
      if (this.#standing) this.#renewMs = Math.min(this.#renewMs ?? Infinity, at);
      else this.#renewMs ??= at;
    }
  }

  #refresh(nowMs: number): void {
    const gap = this.#config.refreshGap;
    if (this.#state === "waiting") {
      const at = Math.max(nowMs, this.#dialedMs + gap);
      this.#dialMs = Math.min(this.#dialMs ?? Infinity, at);
    } else this.#hasten(Math.max(nowMs, this.#registeredMs + gap));
  }

  #leave(tell: boolean): void {
    const connected = this.#state === "connected";
    if (connected && tell) this.#out.push({ kind: "deregister" });
    if (connected || this.#state === "dialing") this.#out.push({ kind: "hang-up" });
    this.#state = "left";
    this.#dialMs = undefined;
    this.#renewMs = undefined;
    this.#answerByMs = undefined;
  }

  #tick(nowMs: number): void {
    this.#neighbors.expire(nowMs);
    if (this.#dialMs !== undefined && this.#dialMs <= nowMs) this.#dial(nowMs);
    if (this.#answerByMs !== undefined && this.#answerByMs <= nowMs) {
      this.#out.push({ kind: "hang-up" });
      this.#disconnected("no answer", nowMs);
    } else if (this.#renewMs !== undefined && this.#renewMs <= nowMs) this.#register(nowMs);
  }
}
