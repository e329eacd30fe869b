import { Alarm } from "../../core/alarm.ts";
import { definePlugin } from "../../core/define.ts";
import { addrKey } from "../../core/ids.ts";
import type { Context } from "../../core/plugin.ts";
import type { TcpListener, TcpStream } from "../../core/ports.ts";
import { decodeFrame, Deframer, encodeFrame } from "../../core/wire/frame.ts";
import { type Config, config } from "./config.ts";
import type { In, Out } from "./events.ts";
import { Bootstrapper } from "./protocol.ts";
import type { ConnectionId } from "./registry.ts";

/** The port that nodes expect a bootstrapper on. */
const DEFAULT_PORT = 5000;
/** How long a refused client may take to read why, and how many may at once. */
const LINGER_MS = 500;
const LINGERING_MAX = 64;

/** One client's socket. */
interface Client {
  readonly stream: TcpStream;
  readonly deframer: Deframer;
  /** Cuts it off after the farewell. */
  linger: Disposable | undefined;
}

/** The shell: TCP in front of the brain. */
class Server {
  readonly #ctx: Context<"discovery">;
  readonly #options: Config;
  readonly #brain: Bootstrapper;
  readonly #alarm: Alarm;
  readonly #clients = new Map<ConnectionId, Client>();
  readonly #closing = new Set<Promise<void>>();
  #held: Disposable[] = [];
  #listener: TcpListener | undefined;
  #running = false;
  #lingering = 0;
  #connectionIds = 0;
  #seq = 0;

  constructor(ctx: Context<"discovery">, options: Config) {
    this.#ctx = ctx;
    this.#options = options;
    this.#brain = new Bootstrapper(options, ctx.use("discovery"), ctx.clock.now());
    this.#alarm = new Alarm(ctx.clock, () => this.#feed({ kind: "tick" }));
  }

  async start(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const bind = this.#options.listen ?? { host: this.#ctx.self.listen, port: DEFAULT_PORT };
    this.#listener = await this.#ctx.net.listen(bind, (stream) => this.#accept(stream));
    this.#collect();
    this.#ctx.log.info("bootstrapper listens", { at: addrKey(this.#listener.local) });
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#alarm[Symbol.dispose]();
    for (const held of this.#held.splice(0)) held[Symbol.dispose]();
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.[Symbol.asyncDispose]();
    const streams = [...this.#clients.values()].map((client) => {
      this.#release(client);
      return client.stream;
    });
    this.#clients.clear();
    await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()));
    await Promise.all(this.#closing);
  }

  status(): object {
    const local = this.#listener?.local;
    return {
      listen: local === undefined ? undefined : addrKey(local),
      connections: this.#brain.connections,
      nodes: this.#brain.describe(this.#ctx.clock.now()),
      dropped: this.#brain.dropped,
    };
  }

  #collect(): void {
    const { metrics } = this.#ctx;
    const brain = this.#brain;
    this.#held = [
      metrics.collect("bootstrap_nodes", "gauge", "Nodes that hold a lease.", () => [
        { value: brain.nodes },
      ]),
      metrics.collect("bootstrap_connections", "gauge", "Open connections.", () => [
        { value: brain.connections },
      ]),
      metrics.collect(
        "bootstrap_neighbors_cut_total",
        "counter",
        "Neighbors that fitted into no answer.",
        () => [{ value: brain.neighborsCut }],
      ),
      metrics.collect(
        "bootstrap_closed_total",
        "counter",
        "Connections closed and registrations refused, by reason.",
        () =>
          Object.entries(brain.dropped).map(([reason, value]) => ({ labels: { reason }, value })),
      ),
    ];
  }

  #accept(stream: TcpStream): void {
    const id = ++this.#connectionIds;
    this.#clients.set(id, {
      stream,
      deframer: new Deframer(this.#options.maxMessage),
      linger: undefined,
    });
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
      const decoded = decodeFrame(frame);
      if (decoded.ok) {
        this.#feed({ kind: "message", connection: id, envelope: decoded.envelope });
      } else this.#feed({ kind: "malformed", connection: id, why: decoded.why });
      if (!this.#brain.has(id)) return;
    }
    this.#feed({ kind: "progress", connection: id, pending: client.deframer.pendingBytes > 0 });
  }

  #closed(id: ConnectionId): void {
    const client = this.#clients.get(id);
    if (client === undefined) return;
    this.#clients.delete(id);
    this.#release(client);
    this.#feed({ kind: "closed", connection: id });
    const closing = (async () => await client.stream[Symbol.asyncDispose]())();
    this.#closing.add(closing);
    const done = () => void this.#closing.delete(closing);
    closing.then(done, done);
  }

  #release(client: Client): void {
    if (client.linger === undefined) return;
    client.linger[Symbol.dispose]();
    client.linger = undefined;
    this.#lingering--;
  }

  /** Lets what was sent go out; a client that does not close then is cut off. */
  #linger(client: Client): void {
    this.#lingering++;
    client.stream.end();
    client.linger = this.#ctx.clock.after(LINGER_MS, () => client.stream.destroy());
  }

  #feed(event: In): void {
    if (!this.#running) return;
    for (const effect of this.#brain.handle(event, this.#ctx.clock.now())) this.#act(effect);
    this.#alarm.set(this.#brain.dueMs());
  }

  #act(effect: Out): void {
    switch (effect.kind) {
      case "send": {
        const { name: from, instance } = this.#ctx.self;
        const head = { from, instance, seq: this.#seq++, re: effect.re };
        const bytes = effect.type === "REGISTERED"
          ? encodeFrame({ ...head, type: effect.type, body: effect.body })
          : encodeFrame({ ...head, type: effect.type, body: effect.body });
        const { connection } = effect;
        const taken = this.#clients.get(connection)?.stream.write(bytes) ?? true;
        if (!taken) this.#feed({ kind: "stuck", connection });
        return;
      }
      case "close": {
        const client = this.#clients.get(effect.connection);
        if (client === undefined) return;
        if (effect.flush && this.#lingering < LINGERING_MAX) this.#linger(client);
        else client.stream.destroy();
        return;
      }
      case "log":
        return this.#ctx.log[effect.level](effect.event, effect.fields);
    }
  }
}

/** Registers nodes over TCP and tells each its neighbors. */
export default definePlugin({
  name: "bootstrap",
  slot: "role",
  summary: "Registers nodes over TCP, with leases, and tells each its neighbors.",
  needs: ["discovery"],
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
