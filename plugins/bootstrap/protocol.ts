/** The bootstrapper: connections and their deadlines, registrations and who is told what. */
import { addrKey, type NodeName } from "../../core/ids.ts";
import type { Machine } from "../../core/plugin.ts";
import type { Discovery } from "../../core/slots.ts";
import { TokenBucket } from "../../core/token_bucket.ts";
import type { AnyEnvelope, Envelope } from "../../core/wire/control_codec.ts";
import type { MessageBody } from "../../core/wire/messages.ts";
import { limitKey } from "./address.ts";
import type { Config } from "./config.ts";
import { type In, type Out, type Reason, REASONS } from "./events.ts";
import { type ConnectionId, Registry } from "./registry.ts";

/** Messages a second one connection may send, and at once: a node sends one in three seconds. */
const MESSAGES_A_SECOND = 5;
const MESSAGES_AT_ONCE = 20;
/** Deadlines and leases are looked at this often. */
const SWEEP_MS = 100;
/** Refusals logged: one a second in the long run. The counters tell the rest. */
const LOGGED_AT_ONCE = 10;

interface Connection {
  readonly id: ConnectionId;
  readonly host: string;
  readonly bucket: TokenBucket;
  readonly openedMs: number;
  /** When its last whole message came; undefined before the first. */
  heardMs: number | undefined;
  /** When the message began that has not ended. */
  pendingMs: number | undefined;
  name: NodeName | undefined;
}

/** The brain of the bootstrapper. */
export class Bootstrapper implements Machine<In, Out> {
  readonly #config: Config;
  readonly #discovery: Discovery;
  readonly #registry: Registry;
  readonly #connections = new Map<ConnectionId, Connection>();
  readonly #perAddress = new Map<string, number>();
  readonly #logged: TokenBucket;
  #assignMs: number | undefined;
  #sweepMs: number | undefined;
  #out: Out[] = [];
  /** Totals by reason. */
  readonly dropped: Record<Reason, number>;

  constructor(config: Config, discovery: Discovery, nowMs: number) {
    this.#config = config;
    this.#discovery = discovery;
    this.#registry = new Registry(config);
    this.#logged = new TokenBucket(1, LOGGED_AT_ONCE, nowMs);
    // The keys are exactly the list the record is typed by.
    this.dropped = Object.fromEntries(REASONS.map((r) => [r, 0])) as Record<Reason, number>;
  }

  get nodes(): number {
    return this.#registry.size;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Neighbors that fitted into no answer. */
  get neighborsCut(): number {
    return this.#registry.neighborsCut;
  }

  /** Whether the brain still wants to hear of this connection. */
  has(connection: ConnectionId): boolean {
    return this.#connections.has(connection);
  }

  /** When `tick` is due. */
  dueMs(): number | undefined {
    if (this.#assignMs === undefined) return this.#sweepMs;
    return Math.min(this.#assignMs, this.#sweepMs ?? Infinity);
  }

  /** Every node with its lease and neighbors, by name. */
  describe(nowMs: number): readonly object[] {
    return [...this.#registry.entries()].map((entry) => ({
      name: entry.peer.name,
      instance: entry.peer.instance,
      roles: entry.peer.roles,
      pop: entry.peer.pop,
      control: addrKey(entry.peer.control),
      connected: entry.connection !== undefined,
      leaseLeftMs: Math.round(entry.leaseUntilMs - nowMs),
      neighbors: this.#registry.neighborsOf(entry.peer.name),
    })).sort((a, b) => a.name < b.name ? -1 : 1);
  }

  handle(event: In, nowMs: number): readonly Out[] {
    this.#out = [];
    if (event.kind === "opened") this.#opened(event.connection, event.host, nowMs);
    else if (event.kind === "tick") this.#tick(nowMs);
    else {
      const connection = this.#connections.get(event.connection);
      if (connection !== undefined) this.#hear(connection, event, nowMs);
    }
    const busy = this.#connections.size > 0 || this.#registry.size > 0;
    this.#sweepMs = busy ? this.#sweepMs ?? nowMs + SWEEP_MS : undefined;
    return this.#out;
  }

  #hear(
    connection: Connection,
    event: Exclude<In, { kind: "opened" | "tick" }>,
    nowMs: number,
  ): void {
    switch (event.kind) {
      case "message":
        return this.#message(connection, event.envelope, nowMs);
      case "malformed":
        if (event.why === "version") {
          return this.#reject(connection, "version", "other protocol version", undefined, nowMs);
        }
        return this.#close(connection, "malformed");
      case "progress":
        connection.pendingMs = event.pending ? connection.pendingMs ?? nowMs : undefined;
        return;
      case "stuck":
        return this.#close(connection, "slow-reader");
      case "closed":
        return this.#forget(connection);
    }
  }

  #opened(id: ConnectionId, host: string, nowMs: number): void {
    const key = limitKey(host);
    const { maxConnections, maxConnectionsPerAddress } = this.#config;
    const tooMany = (this.#perAddress.get(key) ?? 0) >= maxConnectionsPerAddress
      ? key
      : this.#connections.size >= maxConnections
      ? ""
      : undefined;
    if (tooMany !== undefined && !this.#evict(tooMany)) {
      this.dropped["connections-full"]++;
      this.#out.push({ kind: "close", connection: id, flush: false });
      return;
    }
    const bucket = new TokenBucket(MESSAGES_A_SECOND, MESSAGES_AT_ONCE, nowMs);
    this.#connections.set(id, {
      id,
      host,
      bucket,
      openedMs: nowMs,
      heardMs: undefined,
      pendingMs: undefined,
      name: undefined,
    });
    this.#perAddress.set(key, (this.#perAddress.get(key) ?? 0) + 1);
  }

  /** Closes the oldest connection that registered nothing, of one address or of all (""). */
  #evict(key: string): boolean {
    for (const connection of this.#connections.values()) {
      if (connection.name !== undefined) continue;
      if (key !== "" && limitKey(connection.host) !== key) continue;
      this.#close(connection, "evicted");
      return true;
    }
    return false;
  }

  #message(connection: Connection, envelope: AnyEnvelope, nowMs: number): void {
    connection.heardMs = nowMs;
    connection.pendingMs = undefined;
    if (!connection.bucket.take(nowMs)) return this.#close(connection, "flood");
    switch (envelope.type) {
      case "REGISTER":
        return this.#register(connection, envelope, nowMs);
      case "DEREGISTER":
        return this.#deregister(connection, envelope.body, nowMs);
      default:
        return this.#close(connection, "unexpected");
    }
  }

  #register(connection: Connection, envelope: Envelope<"REGISTER">, nowMs: number): void {
    const { body, seq } = envelope;
    const { peer } = body;
    if (peer.name !== envelope.from || peer.instance !== envelope.instance) {
      return this.#reject(
        connection,
        "identity",
        "the sender is not whom it registers",
        seq,
        nowMs,
      );
    }
    if (connection.name !== undefined && connection.name !== peer.name) {
      const why = `this connection is ${connection.name}'s`;
      return this.#reject(connection, "one-node", why, seq, nowMs);
    }
    const result = this.#registry.register(body, connection.host, connection.id, nowMs);
    if (!result.ok) {
      return this.#reject(connection, result.refusal.code, result.refusal.why, seq, nowMs);
    }
    connection.name = peer.name;
    const former = this.#connections.get(result.former ?? -1);
    if (former !== undefined) this.#supersede(former, nowMs);
    if (result.ousted !== undefined) {
      const fields = {
        name: peer.name,
        former: addrKey(result.ousted.control),
        now: addrKey(peer.control),
      };
      this.#out.push({ kind: "log", level: "warn", event: "two nodes with one name", fields });
    }
    if (result.changed) {
      const fields = { name: peer.name, roles: peer.roles, control: addrKey(peer.control) };
      this.#out.push({ kind: "log", level: "info", event: "node registered", fields });
    }
    this.#assignBy(nowMs + (result.changed ? this.#config.settle : this.#config.rebalance));
    // A newcomer is answered once its neighbors are known.
    if (!result.changed) this.#tell(peer.name, seq);
  }

  /** The name has moved to another connection; a node that still listens on the old one learns it. */
  #supersede(former: Connection, nowMs: number): void {
    former.name = undefined;
    this.#reject(
      former,
      "replaced",
      "this name has registered on another connection",
      undefined,
      nowMs,
    );
  }

  #deregister(connection: Connection, body: MessageBody<"DEREGISTER">, nowMs: number): void {
    const entry = this.#registry.get(body.name);
    const own = connection.name === body.name ||
      (connection.name === undefined && entry?.host === connection.host);
    if (entry === undefined || !own || entry.peer.instance !== body.instance) {
      return this.#close(connection, "unexpected");
    }
    this.#registry.remove(body.name);
    const fields = { name: body.name };
    this.#out.push({ kind: "log", level: "info", event: "node deregistered", fields });
    this.#assignBy(nowMs + this.#config.settle);
    connection.name = undefined;
    this.#forget(connection);
    this.#out.push({ kind: "close", connection: connection.id, flush: true });
  }

  #assignBy(atMs: number): void {
    this.#assignMs = Math.min(this.#assignMs ?? Infinity, atMs);
  }

  /** Tells a node its neighbors; `re` is the REGISTER that asks. */
  #tell(name: NodeName, re: number | undefined): void {
    const entry = this.#registry.get(name);
    if (entry?.connection === undefined) return;
    const measure = re === undefined && entry.told !== undefined ? [] : this.#toMeasure(name);
    const { key, body } = this.#registry.answer(name, measure);
    if (re === undefined && key === entry.told) return;
    entry.told = key;
    this.#out.push({
      kind: "send",
      connection: entry.connection,
      type: "REGISTERED",
      body,
      re,
    });
  }

  #toMeasure(name: NodeName): readonly NodeName[] {
    try {
      return this.#discovery.measure?.(name) ?? [];
    } catch (error) {
      this.#discoveryFailed(error);
      return [];
    }
  }

  #tick(nowMs: number): void {
    if (this.#sweepMs !== undefined && this.#sweepMs <= nowMs) {
      this.#sweepMs = undefined;
      this.#sweep(nowMs);
    }
    if (this.#assignMs === undefined || this.#assignMs > nowMs) return;
    this.#assignMs = undefined;
    try {
      this.#registry.assign(this.#discovery);
    } catch (error) {
      this.#discoveryFailed(error);
    }
    for (const entry of this.#registry.entries()) this.#tell(entry.peer.name, undefined);
  }

  /** The algorithm may be a user's: its fault leaves neighbors as they were. */
  #discoveryFailed(error: unknown): void {
    this.#out.push({ kind: "log", level: "error", event: "discovery failed", fields: { error } });
  }

  #sweep(nowMs: number): void {
    const { firstMessage, lease } = this.#config;
    for (const connection of this.#connections.values()) {
      const { openedMs, heardMs, pendingMs } = connection;
      if (heardMs === undefined && nowMs - openedMs >= firstMessage) {
        this.#close(connection, "deadline");
      } else if (pendingMs !== undefined && nowMs - pendingMs >= firstMessage) {
        this.#close(connection, "slow");
      } else if (heardMs !== undefined && nowMs - heardMs >= 3 * lease) {
        this.#close(connection, "idle");
      }
    }
    const gone = this.#registry.expire(nowMs);
    if (gone.length === 0) return;
    for (const connection of this.#connections.values()) {
      const { name } = connection;
      if (name !== undefined && this.#registry.get(name) === undefined) connection.name = undefined;
    }
    const fields = { names: gone };
    this.#out.push({ kind: "log", level: "info", event: "leases ran out", fields });
    this.#assignBy(nowMs + this.#config.settle);
  }

  #reject(
    connection: Connection,
    code: Reason,
    why: string,
    re: number | undefined,
    nowMs: number,
  ): void {
    const body = { code, why };
    this.#out.push({ kind: "send", connection: connection.id, type: "REJECTED", body, re });
    if (this.#logged.take(nowMs)) {
      const fields = { code, why, host: connection.host };
      this.#out.push({ kind: "log", level: "info", event: "registration refused", fields });
    }
    this.#close(connection, code, true);
  }

  #close(connection: Connection, reason: Reason, flush = false): void {
    this.dropped[reason]++;
    this.#forget(connection);
    this.#out.push({ kind: "close", connection: connection.id, flush });
  }

  /** The connection is over; the lease of its node runs on. */
  #forget(connection: Connection): void {
    if (!this.#connections.delete(connection.id)) return;
    const key = limitKey(connection.host);
    const left = (this.#perAddress.get(key) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(key, left);
    else this.#perAddress.delete(key);
    const entry = connection.name === undefined ? undefined : this.#registry.get(connection.name);
    if (entry?.connection === connection.id) entry.connection = undefined;
  }
}
