/** Connections with other peers: who may come, who they are, when they end, and who is kept away. */
import { limitKey } from "../../core/host_key.ts";
import { addrKey, type NodeName } from "../../core/ids.ts";
import type { Addr, TcpStream } from "../../core/ports.ts";
import { type Hello, PEER_VERSION } from "../../core/swarm/peer_messages.ts";
import { type Out, type Reason, REASONS, REPORTED } from "./events.ts";
import type { PeerHost } from "./host.ts";
import type { ConnectionId } from "./remote.ts";
import type { Running } from "./running.ts";
import { Session, type SessionEvents } from "./session.ts";

/** A message that has begun must end within this; requests are sized to take a fraction of a second. */
const MESSAGE_MS = 30_000;
/** How long who cheated is kept away. */
const BAN_MS = 600_000;

/** Every connection of a peer. */
export class Connections {
  readonly sessions = new Map<ConnectionId, Session>();
  /** Totals by reason, and whom they were about. */
  readonly dropped: Record<Reason, number>;
  readonly banned = new Map<string, { readonly why: Reason; readonly untilMs: number }>();
  readonly #host: PeerHost;
  readonly #events: SessionEvents;
  #ids = 0;

  constructor(host: PeerHost) {
    this.#host = host;
    // The keys are exactly the list the record is typed by.
    this.dropped = Object.fromEntries(REASONS.map((r) => [r, 0])) as Record<Reason, number>;
    this.#events = this.#sessionEvents();
  }

  tick(nowMs: number): void {
    for (const session of [...this.sessions.values()]) this.#lookAt(session, nowMs);
    for (const [name, ban] of this.banned) if (ban.untilMs <= nowMs) this.banned.delete(name);
  }

  /** Everybody is told that this node leaves. */
  leave(): void {
    for (const session of [...this.sessions.values()]) session.close(undefined, "leaving");
  }

  /** Whether a peer is kept away. */
  isBanned(name: string): boolean {
    return (this.banned.get(name)?.untilMs ?? 0) > this.#host.ctx.clock.now();
  }

  /** Dials a peer for a file. */
  async dial(running: Running, to: Addr): Promise<void> {
    const key = addrKey(to);
    running.dialing.add(key);
    try {
      const stream = await this.#connect(to);
      if (!this.#host.active || running.transfer.complete) {
        return await stream[Symbol.asyncDispose]();
      }
      const session = this.#session(stream, true);
      session.fileKey = running.shape.id;
      this.#sayHello(session, running);
    } catch {
      const failures = (running.rest.get(key)?.failures ?? 0) + 1;
      const untilMs = this.#host.ctx.clock.now() + Math.min(60_000, 1000 * 2 ** failures);
      running.rest.set(key, { untilMs, failures });
    } finally {
      running.dialing.delete(key);
    }
  }

  async #connect(to: Addr): Promise<TcpStream> {
    const abort = new AbortController();
    const call = (): void => abort.abort();
    this.#host.abort.signal.addEventListener("abort", call);
    const timer = this.#host.ctx.clock.after(this.#host.options.helloTimeout, call);
    try {
      return await this.#host.ctx.net.dial(to, abort.signal);
    } finally {
      timer[Symbol.dispose]();
      this.#host.abort.signal.removeEventListener("abort", call);
    }
  }

  /** Somebody dialed this node. */
  accept(stream: TcpStream): void {
    const key = limitKey(stream.remote.host);
    const ofAddress =
      [...this.sessions.values()].filter((one) =>
        !one.dialed && limitKey(one.stream.remote.host) === key
      ).length;
    const full = this.sessions.size >= this.#host.options.maxConnections ||
      ofAddress >= this.#host.options.maxPerAddress;
    const session = this.#session(stream, false);
    if (!full) return;
    this.dropped.full++;
    session.close("full", "full");
  }

  #session(stream: TcpStream, dialed: boolean): Session {
    const session = new Session(++this.#ids, stream, dialed, this.#host.ctx.clock, this.#events);
    this.sessions.set(session.id, session);
    return session;
  }

  #sessionEvents(): SessionEvents {
    const of = (session: Session) =>
      session.fileKey === undefined ? undefined : this.#host.running.get(session.fileKey);
    return {
      hello: (session, hello) => this.#hello(session, hello),
      message: (session, message) => {
        const running = of(session);
        if (running !== undefined) {
          this.#host.feed(running, { kind: "message", connection: session.id, message });
        }
      },
      begins: (session, span) =>
        of(session)?.transfer.begins(session.id, span, this.#host.ctx.clock.now()),
      arrived: (session, span, kept) => {
        const running = of(session);
        if (running === undefined) return;
        this.#host.intake.taken(span.length);
        this.#host.feed(running, { kind: "arrived", connection: session.id, span, kept });
      },
      progress: (session) => of(session)?.transfer.progress(session.id, this.#host.ctx.clock.now()),
      drained: (session) => {
        this.#host.serving.drained(session);
      },
      closed: (session, why) => this.#closed(session, why),
    };
  }

  #sayHello(session: Session, running: Running): void {
    const { name, instance } = this.#host.ctx.self;
    const { id, sizeBytes: size, pieceBytes: piece } = running.shape;
    session.saidHello = true;
    const port = this.#host.local?.port ?? 0;
    const file = { id, size, piece };
    const hello: Hello = { version: PEER_VERSION, name, instance, port, file };
    session.send({ kind: "hello", hello });
  }

  #hello(session: Session, hello: Hello): void {
    if (hello.name === this.#host.ctx.self.name) return session.close("hello", "same-node");
    if (hello.version !== PEER_VERSION) return session.close("hello", "bad-hello");
    if (this.isBanned(hello.name)) return session.close("banned", "banned");
    const id = hello.lookup !== undefined ? this.#host.idOf(hello.lookup) : hello.file?.id;
    const running = id === undefined ? undefined : this.#host.open(id);
    if (running === undefined) return session.close("hello", "no-such-file");
    if (hello.lookup !== undefined) return this.#sayHello(session, running);
    const { sizeBytes, pieceBytes } = running.shape;
    const same = hello.file?.size === sizeBytes && hello.file.piece === pieceBytes;
    if (!same || (session.dialed && session.fileKey !== id)) {
      return session.close("hello", "bad-hello");
    }
    session.fileKey = id;
    if (!this.#isWelcome(session, hello)) return session.close("replaced", "duplicate");
    if (!session.saidHello) this.#sayHello(session, running);
    const { host } = session.stream.remote;
    const { name, instance, port } = hello;
    const remote = { connection: session.id, name, instance, host, port, dialed: session.dialed };
    this.#host.feed(running, { kind: "opened", remote });
  }

  /** One connection to a peer for a file: of two, both sides keep the one that the lesser name dialed. */
  #isWelcome(session: Session, hello: Hello): boolean {
    for (const other of this.sessions.values()) {
      if (other === session || other.name !== hello.name) continue;
      if (other.fileKey !== session.fileKey || other.over) continue;
      const dialer = (one: Session) => one.dialed ? this.#host.ctx.self.name : hello.name;
      const keep = other.instance < hello.instance || dialer(session) <= dialer(other);
      if (!keep) return false;
      other.close("replaced", "duplicate");
    }
    return true;
  }

  #closed(session: Session, why: Reason | undefined): void {
    if (!this.sessions.delete(session.id)) return;
    if (why !== undefined) this.dropped[why]++;
    this.#host.serving.forget(session.id);
    const running = session.fileKey === undefined
      ? undefined
      : this.#host.running.get(session.fileKey);
    if (running !== undefined) {
      this.#host.feed(running, { kind: "gone", connection: session.id });
      if (running.transfer.remotes.size === 0) running.searchTries = running.nextSearchMs = 0;
    }
    // A dispose cuts off at once: whoever is told something last gets the time to read it.
    if (!this.#host.active) {
      this.#host.track((async () => await session.stream[Symbol.asyncDispose]())());
    }
  }

  /** Ends a connection as a brain wants it; who cheated is named. */
  drop(running: Running, { connection, why, bye }: Extract<Out, { kind: "drop" }>): void {
    const session = this.sessions.get(connection);
    if (session === undefined) return;
    const { name } = session;
    session.close(why, bye);
    if (REPORTED.has(why) && name !== undefined) {
      this.accuse(running, name, addrKey(session.stream.remote), why);
    }
  }

  /** Keeps away who cheated or stalled, and tells the index. */
  accuse(running: Running, name: NodeName, at: string, why: Reason): void {
    // Several wrong pieces of one liar are found out one after another: he is told of once.
    if (this.isBanned(name)) return;
    // Who cheated is kept away for long, who stalled may only have been slow.
    const untilMs = this.#host.ctx.clock.now() + (why === "stalled" ? BAN_MS / 10 : BAN_MS);
    this.banned.set(name, { why, untilMs });
    const { id } = running.shape;
    this.#host.ctx.log.warn("peer dropped", { peer: name, at, why, file: running.name });
    this.#host.index?.ask("REPORT", { id, name, by: this.#host.ctx.self.name, why }, () => {});
  }

  /** Deadlines of one connection. */
  #lookAt(session: Session, nowMs: number): void {
    const { helloTimeout, idleTimeout } = this.#host.options;
    const { midMessageMs } = session;
    if (session.name === undefined) {
      if (nowMs - session.openedMs > helloTimeout) session.close("idle");
    } else if (midMessageMs !== undefined && nowMs - midMessageMs > MESSAGE_MS) {
      session.close("slow");
    } else if (nowMs - session.lastHeardMs > idleTimeout) session.close("idle", "idle");
    else if (nowMs - session.lastSaidMs > idleTimeout / 3) session.send({ kind: "ping" });
  }
}
