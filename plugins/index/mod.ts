import { Alarm } from "../../core/alarm.ts";
import { definePlugin } from "../../core/define.ts";
import { addrKey } from "../../core/ids.ts";
import type { Context } from "../../core/plugin.ts";
import type { TcpListener, TcpStream } from "../../core/ports.ts";
import { isFileName } from "../../core/swarm/file_name.ts";
import {
  decodeIndex,
  encodeIndex,
  FILES_PER_MESSAGE,
  INDEX_MESSAGE_MAX_BYTES,
} from "../../core/swarm/index_messages.ts";
import { Deframer } from "../../core/wire/frame.ts";
import { type Config, config } from "./config.ts";
import type { In, Out, Send } from "./events.ts";
import { Journal } from "./journal.ts";
import { Index } from "./protocol.ts";
import type { ConnectionId } from "./registry.ts";
import { StaticTable } from "./static_table.ts";

/** The port that peers expect an index on. */
const DEFAULT_PORT = 7300;
/** How long a refused client may take to read why. */
const LINGER_MS = 500;
const LINGERING_MAX = 64;

interface Client {
  readonly stream: TcpStream;
  readonly deframer: Deframer;
  linger: Disposable | undefined;
}

/** The shell: TCP and a journal around the brain. */
class Server {
  readonly #ctx: Context<never>;
  readonly #options: Config;
  readonly #brain: Index;
  readonly #alarm: Alarm;
  readonly #clients = new Map<ConnectionId, Client>();
  readonly #closing = new Set<Promise<void>>();
  readonly #journal: Journal | undefined;
  readonly #table: StaticTable;
  #held: Disposable[] = [];
  #listener: TcpListener | undefined;
  #running = false;
  #lingering = 0;
  #connectionIds = 0;
  #seq = 0;
  #journalErrors = 0;

  constructor(ctx: Context<never>, options: Config) {
    this.#ctx = ctx;
    this.#options = options;
    this.#brain = new Index(options, () => ctx.rng.next());
    this.#alarm = new Alarm(ctx.clock, () => this.#feed({ kind: "tick" }));
    this.#journal = options.store === undefined ? undefined : new Journal(
      ctx.files,
      options.store,
      () =>
        this.#brain.registry.snapshot(FILES_PER_MESSAGE).map((body) => ({
          type: "ANNOUNCE",
          body,
        })),
    );
    const { name, instance } = ctx.self;
    this.#table = new StaticTable({
      net: ctx.net,
      clock: ctx.clock,
      self: { name, instance },
      table: options.static,
      found: (file, fileName, at, leaseMs) => {
        const { registry } = this.#brain;
        const known = registry.peer(file.peer);
        // A peer that announces itself knows better than a table.
        if (known?.connection !== undefined || !isFileName(fileName)) return;
        const { id, sizeBytes: size, pieceBytes: piece } = file.shape;
        const fresh = known === undefined || known.instance !== file.instance;
        registry.announce(
          {
            peer: { name: file.peer, instance: file.instance, ...at },
            files: [{ id, size, piece, name: fileName, have: new Uint8Array() }],
            gone: [],
            reset: fresh || known.host !== at.host || known.port !== at.port,
            load: 0,
          },
          undefined,
          ctx.clock.now() + leaseMs,
        );
        this.#feed({ kind: "tick" });
      },
    });
  }

  async start(): Promise<void> {
    if (this.#running) return;
    const nowMs = this.#ctx.clock.now();
    await this.#journal?.open((fact) => this.#brain.restore(fact, nowMs));
    const bind = this.#options.listen ?? { host: this.#ctx.self.listen, port: DEFAULT_PORT };
    this.#running = true;
    this.#listener = await this.#ctx.net.listen(bind, (stream) => this.#accept(stream));
    this.#collect();
    this.#table.start();
    this.#feed({ kind: "tick" });
    this.#ctx.log.info("index listens", {
      at: addrKey(this.#listener.local),
      restored: this.#brain.registry.holdings,
    });
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#alarm[Symbol.dispose]();
    for (const held of this.#held.splice(0)) held[Symbol.dispose]();
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.[Symbol.asyncDispose]();
    await this.#table.stop();
    const streams = [...this.#clients.values()].map((client) => {
      client.linger?.[Symbol.dispose]();
      return client.stream;
    });
    this.#clients.clear();
    await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()));
    await Promise.all(this.#closing);
    await this.#journal?.close();
  }

  status(): object {
    const local = this.#listener?.local;
    const { registry, connections, searches, reports, dropped } = this.#brain;
    return {
      listen: local === undefined ? undefined : addrKey(local),
      connections,
      peers: registry.peers,
      files: registry.files,
      announcements: registry.holdings,
      mapBytes: registry.mapBytes,
      searches,
      reports,
      dropped,
    };
  }

  #collect(): void {
    const { metrics } = this.#ctx;
    const { registry, dropped } = this.#brain;
    const gauge = (name: string, help: string, read: () => number) =>
      metrics.collect(name, "gauge", help, () => [{ value: read() }]);
    const counter = (name: string, help: string, read: () => number) =>
      metrics.collect(name, "counter", help, () => [{ value: read() }]);
    this.#held = [
      gauge("index_peers", "Peers that hold a lease.", () => registry.peers),
      gauge("index_files", "Files that somebody holds.", () => registry.files),
      gauge("index_announcements", "Files times holders.", () => registry.holdings),
      gauge("index_connections", "Open connections.", () => this.#brain.connections),
      counter("index_searches_total", "Searches answered.", () => this.#brain.searches),
      counter("index_reports_total", "Peers accused.", () => this.#brain.reports),
      counter("index_journal_errors_total", "Facts not kept.", () => this.#journalErrors),
      metrics.collect(
        "index_closed_total",
        "counter",
        "Connections closed and announcements refused, by reason.",
        () => Object.entries(dropped).map(([reason, value]) => ({ labels: { reason }, value })),
      ),
    ];
  }

  #accept(stream: TcpStream): void {
    const id = ++this.#connectionIds;
    const deframer = new Deframer(INDEX_MESSAGE_MAX_BYTES);
    this.#clients.set(id, { stream, deframer, linger: undefined });
    this.#feed({ kind: "opened", connection: id, host: stream.remote.host });
    stream.onEvent((event) => {
      if (event.kind === "data") this.#data(id, event.bytes);
      else if (event.kind === "close") this.#closed(id);
    });
  }

  #data(id: ConnectionId, bytes: Uint8Array): void {
    const client = this.#clients.get(id);
    if (client === undefined || !this.#brain.has(id)) return;
    const deframed = client.deframer.push(bytes);
    if (!deframed.ok) return this.#feed({ kind: "malformed", connection: id, why: deframed.why });
    for (const frame of deframed.frames) {
      const message = decodeIndex(frame);
      this.#feed(
        typeof message === "string"
          ? { kind: "malformed", connection: id, why: message }
          : { kind: "message", connection: id, message },
      );
      if (!this.#brain.has(id)) return;
    }
    this.#feed({ kind: "progress", connection: id, pending: client.deframer.pendingBytes > 0 });
  }

  #closed(id: ConnectionId): void {
    const client = this.#clients.get(id);
    if (client === undefined) return;
    this.#clients.delete(id);
    if (client.linger !== undefined) this.#lingering--;
    client.linger?.[Symbol.dispose]();
    this.#feed({ kind: "closed", connection: id });
    const closing = (async () => await client.stream[Symbol.asyncDispose]())();
    this.#closing.add(closing);
    const done = () => void this.#closing.delete(closing);
    closing.then(done, done);
  }

  #feed(event: In): void {
    if (!this.#running) return;
    for (const effect of this.#brain.handle(event, this.#ctx.clock.now())) this.#act(effect);
    this.#alarm.set(this.#brain.dueMs());
  }

  #act(effect: Out): void {
    switch (effect.kind) {
      case "send":
        return this.#send(effect);
      case "keep": {
        const { then } = effect;
        if (this.#journal === undefined) return then === undefined ? undefined : this.#send(then);
        // Nothing is acknowledged that a crash could still take back.
        return this.#journal.keep(effect.fact, (error) => {
          if (error !== undefined) return this.#notKept(error, then);
          if (then !== undefined && this.#running) this.#send(then);
        });
      }
      case "close": {
        const client = this.#clients.get(effect.connection);
        if (client === undefined) return;
        if (!effect.flush || this.#lingering >= LINGERING_MAX) return client.stream.destroy();
        this.#lingering++;
        client.stream.end();
        client.linger = this.#ctx.clock.after(LINGER_MS, () => client.stream.destroy());
        return;
      }
      case "log":
        return this.#ctx.log[effect.level](effect.event, effect.fields);
    }
  }

  #notKept(error: unknown, then: Send | undefined): void {
    this.#journalErrors++;
    this.#ctx.log.error("announcement cannot be kept", { error });
    if (then === undefined || !this.#running) return;
    const body = { code: "store", why: "the index cannot write its journal" };
    const { connection, re } = then;
    this.#send({ kind: "send", connection, type: "REJECTED", body, re });
  }

  #send({ connection, type, body, re }: Send): void {
    const taken = this.#clients.get(connection)?.stream.write(
      encodeIndex(type, body, this.#seq++, re),
    ) ?? true;
    if (!taken) this.#feed({ kind: "stuck", connection });
  }
}

/** Knows which peers hold which files, and answers searches with them. */
export default definePlugin({
  name: "index",
  slot: "role",
  summary:
    "Knows over TCP, with leases, which peers hold which files, and finds them by name or id.",
  needs: [],
  config,
  create(ctx, options) {
    const server = new Server(ctx, options);
    return {
      start: () => server.start(),
      stop: () => server.stop(),
      status: () => server.status(),
    };
  },
});
