/** The index: connections and their deadlines, announcements with leases, searches, reports. */
import { hostKey, limitKey } from "../../core/host_key.ts";
import type { NodeName } from "../../core/ids.ts";
import type { Machine } from "../../core/plugin.ts";
import {
  type AnyIndexMessage,
  type IndexBody,
  type IndexMessage,
} from "../../core/swarm/index_messages.ts";
import { TokenBucket } from "../../core/token_bucket.ts";
import type { Config } from "./config.ts";
import { type Fact, type In, type Out, type Reason, REASONS, type Send } from "./events.ts";
import { type ConnectionId, Registry } from "./registry.ts";

/** Messages a second that one connection may send, and at once: 10,000 files are 625 messages. */
const MESSAGES_A_SECOND = 50;
const MESSAGES_AT_ONCE = 1000;
/** Searches by text look at every name. */
const SEARCHES_A_SECOND = 5;
const SEARCHES_AT_ONCE = 30;
const REPORTS_A_SECOND = 1;
const REPORTS_AT_ONCE = 20;
const SWEEP_MS = 100;

interface Connection {
  readonly id: ConnectionId;
  readonly host: string;
  readonly messages: TokenBucket;
  readonly searches: TokenBucket;
  readonly reports: TokenBucket;
  readonly openedMs: number;
  heardMs: number | undefined;
  pendingMs: number | undefined;
  name: NodeName | undefined;
}

/** The brain of the index. */
export class Index implements Machine<In, Out> {
  readonly registry: Registry;
  readonly #config: Config;
  readonly #random: () => number;
  readonly #connections = new Map<ConnectionId, Connection>();
  readonly #perAddress = new Map<string, number>();
  #sweepMs: number | undefined;
  #out: Out[] = [];
  /** Totals by reason. */
  readonly dropped: Record<Reason, number>;
  searches = 0;
  reports = 0;

  constructor(config: Config, random: () => number) {
    this.#config = config;
    this.#random = random;
    this.registry = new Registry(config);
    // The keys are exactly the list the record is typed by.
    this.dropped = Object.fromEntries(REASONS.map((r) => [r, 0])) as Record<Reason, number>;
  }

  get connections(): number {
    return this.#connections.size;
  }

  has(connection: ConnectionId): boolean {
    return this.#connections.has(connection);
  }

  /** When `tick` is due. */
  dueMs(): number | undefined {
    return this.#sweepMs;
  }

  /** Takes up what an earlier life kept; every peer gets one lease to come back in. */
  restore(fact: Fact, nowMs: number): void {
    if (fact.type === "LEAVE") this.registry.remove(fact.body.name);
    else this.registry.announce(fact.body, undefined, nowMs + this.#config.lease);
  }

  handle(event: In, nowMs: number): readonly Out[] {
    this.#out = [];
    if (event.kind === "opened") this.#opened(event.connection, event.host, nowMs);
    else if (event.kind === "tick") this.#sweep(nowMs);
    else {
      const connection = this.#connections.get(event.connection);
      if (connection !== undefined) this.#hear(connection, event, nowMs);
    }
    const busy = this.#connections.size > 0 || this.registry.peers > 0;
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
        connection.heardMs = nowMs;
        connection.pendingMs = undefined;
        if (!connection.messages.take(nowMs)) return this.#close(connection, "flood");
        return this.#message(connection, event.message, nowMs);
      case "malformed":
        if (event.why === "version") return this.#reject(connection, "version", undefined);
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
    this.#connections.set(id, {
      id,
      host,
      messages: new TokenBucket(MESSAGES_A_SECOND, MESSAGES_AT_ONCE, nowMs),
      searches: new TokenBucket(SEARCHES_A_SECOND, SEARCHES_AT_ONCE, nowMs),
      reports: new TokenBucket(REPORTS_A_SECOND, REPORTS_AT_ONCE, nowMs),
      openedMs: nowMs,
      heardMs: undefined,
      pendingMs: undefined,
      name: undefined,
    });
    this.#perAddress.set(key, (this.#perAddress.get(key) ?? 0) + 1);
  }

  /** Closes the oldest connection that announced nothing, of one address or of all (""). */
  #evict(key: string): boolean {
    for (const connection of this.#connections.values()) {
      if (connection.name !== undefined) continue;
      if (key !== "" && limitKey(connection.host) !== key) continue;
      this.#close(connection, "evicted");
      return true;
    }
    return false;
  }

  #message(connection: Connection, message: AnyIndexMessage, nowMs: number): void {
    switch (message.type) {
      case "ANNOUNCE":
        return this.#announce(connection, message, nowMs);
      case "LEAVE":
        return this.#leave(connection, message.body);
      case "SEARCH":
        return this.#search(connection, message, nowMs);
      case "REPORT":
        return this.#report(connection, message, nowMs);
      default:
        return this.#close(connection, "unexpected");
    }
  }

  #announce(connection: Connection, message: IndexMessage<"ANNOUNCE">, nowMs: number): void {
    const { body, seq } = message;
    const { name, instance, host } = body.peer;
    if (!this.#config.anyAddress && hostKey(host) !== hostKey(connection.host)) {
      return this.#reject(connection, "address", seq);
    }
    if (connection.name !== undefined && connection.name !== name) {
      return this.#reject(connection, "one-peer", seq);
    }
    const known = this.registry.peer(name);
    // A name belongs to whoever holds its lease; a restart may come from the same host only.
    if (known !== undefined && hostKey(known.host) !== hostKey(connection.host)) {
      return this.#reject(connection, "name-taken", seq);
    }
    const leaseUntilMs = nowMs + this.#config.lease;
    const result = this.registry.announce(body, connection.id, leaseUntilMs);
    if (typeof result === "string") return this.#reject(connection, result, seq);
    if (connection.name === undefined) {
      this.#out.push({
        kind: "log",
        level: "info",
        event: "peer announced",
        fields: { name, instance },
      });
    }
    connection.name = name;
    const answer: Send = {
      kind: "send",
      connection: connection.id,
      type: "ANNOUNCED",
      body: { leaseMs: this.#config.lease, refused: [...result.refused] },
      re: seq,
    };
    // A renewal changes nothing that a restart would have to know.
    if (!result.changed) this.#out.push(answer);
    else this.#out.push({ kind: "keep", fact: { type: "ANNOUNCE", body }, then: answer });
  }

  #leave(connection: Connection, body: IndexBody<"LEAVE">): void {
    if (connection.name !== body.name) return this.#close(connection, "unexpected");
    if (this.registry.peer(body.name)?.instance === body.instance) {
      this.registry.remove(body.name);
      this.#out.push({ kind: "keep", fact: { type: "LEAVE", body }, then: undefined });
    }
    this.#forget(connection);
    this.#out.push({ kind: "close", connection: connection.id, flush: true });
  }

  #search(connection: Connection, message: IndexMessage<"SEARCH">, nowMs: number): void {
    const { text, id, limit } = message.body;
    if (text !== undefined && !connection.searches.take(nowMs)) {
      return this.#close(connection, "flood");
    }
    this.searches++;
    const body = id !== undefined
      ? this.registry.lookUp(id, limit, this.#random)
      : this.registry.search(text ?? "", limit, this.#random);
    const { seq: re } = message;
    this.#out.push({ kind: "send", connection: connection.id, type: "FOUND", body, re });
  }

  #report(connection: Connection, message: IndexMessage<"REPORT">, nowMs: number): void {
    const { id, name, by, why } = message.body;
    // Only who announced something may accuse, and only in its own name.
    if (connection.name !== by || by === name) return this.#close(connection, "unexpected");
    if (!connection.reports.take(nowMs)) return this.#close(connection, "flood");
    this.reports++;
    if (this.registry.report(id, name, by)) {
      this.#out.push({
        kind: "log",
        level: "warn",
        event: "peer reported",
        fields: { name, by, why, id },
      });
    }
    const re = message.seq;
    this.#out.push({ kind: "send", connection: connection.id, type: "DONE", body: {}, re });
  }

  #sweep(nowMs: number): void {
    if (this.#sweepMs === undefined || this.#sweepMs > nowMs) return;
    this.#sweepMs = undefined;
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
    for (const name of this.registry.expire(nowMs)) {
      this.#out.push({ kind: "log", level: "info", event: "lease ran out", fields: { name } });
      for (const connection of this.#connections.values()) {
        if (connection.name === name) connection.name = undefined;
      }
    }
  }

  #reject(connection: Connection, code: Reason, re: number | undefined): void {
    const body = { code, why: `refused: ${code}` };
    this.#out.push({ kind: "send", connection: connection.id, type: "REJECTED", body, re });
    this.#close(connection, code, true);
  }

  #close(connection: Connection, reason: Reason, flush = false): void {
    this.dropped[reason]++;
    this.#forget(connection);
    this.#out.push({ kind: "close", connection: connection.id, flush });
  }

  #forget(connection: Connection): void {
    if (!this.#connections.delete(connection.id)) return;
    const key = limitKey(connection.host);
    const left = (this.#perAddress.get(key) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(key, left);
    else this.#perAddress.delete(key);
  }
}
