/**
 * Media threads in the seeded world: the served engine on simulated sockets, its messages under way for a moment each way. So
 * everything that is known about a datapath holds for one that is spoken to by messages.
 */
import { Alarm } from "../../core/alarm.ts";
import type { EngineThread, EngineThreads, Order, Report } from "../../core/datapath/words.ts";
import { ServedEngine } from "../../core/datapath/served.ts";
import type { SocketId } from "../../core/media/api.ts";
import { type Addr, PortError, type Ports, type UdpSocket } from "../../core/ports.ts";

/** How long a message takes, in ms. */
const TRAVEL_MS = 0.3;

class SimThread implements EngineThread {
  readonly #ports: Pick<Ports, "clock" | "net">;
  readonly #served: ServedEngine;
  readonly #alarm: Alarm;
  readonly #sockets = new Map<SocketId, UdpSocket>();
  readonly #travelling = new Set<Disposable>();
  #hear: (reports: readonly Report[]) => void = () => {};
  #onDeath: (why: string) => void = () => {};
  #isOver = false;

  constructor(ports: Ports, options: Parameters<EngineThreads["start"]>[0]) {
    this.#ports = ports;
    this.#served = new ServedEngine({
      thread: options,
      rng: ports.rng,
      now: () => ports.clock.now(),
      wires: (socket, to, bytes) => this.#sockets.get(socket)?.send(to, bytes),
    });
    this.#alarm = new Alarm(ports.clock, () => this.#act(() => this.#served.tick()));
    this.#act(() => {});
  }

  #travel(fn: () => void): void {
    const timer = this.#ports.clock.after(TRAVEL_MS, () => {
      this.#travelling.delete(timer);
      fn();
    });
    this.#travelling.add(timer);
  }

  /** A turn of the thread. */
  #act(fn: () => void): void {
    if (this.#isOver) return;
    try {
      fn();
    } catch (error) {
      this.die(String(error));
      return;
    }
    this.#served.showPositions();
    const reports = this.#served.take();
    if (reports.length > 0) this.#travel(() => this.#hear(reports));
    this.#alarm.set(this.#served.dueMs);
  }

  order(orders: readonly Order[]): number {
    this.#travel(() => this.#act(() => orders.forEach((order) => this.#handle(order))));
    return 0;
  }

  #handle(order: Order): void {
    if (order.kind === "open-socket") void this.#open(order.socket, order.bind);
    else if (order.kind === "close-socket") {
      this.#served.closeSocket(order.socket);
      const socket = this.#sockets.get(order.socket);
      this.#sockets.delete(order.socket);
      void socket?.[Symbol.asyncDispose]();
    } else this.#served.handle(order);
  }

  async #open(id: SocketId, bind: Addr): Promise<void> {
    let report: Report;
    try {
      const socket = await this.#ports.net.udp(bind, { plane: "media" });
      if (this.#isOver) return void await socket[Symbol.asyncDispose]();
      this.#sockets.set(id, socket);
      socket.onPacket((from, bytes) =>
        this.#act(() => this.#served.driver.receive(id, from, bytes))
      );
      report = { kind: "socket", socket: id, local: socket.local };
    } catch (error) {
      const code = error instanceof PortError ? error.code : "io";
      report = { kind: "no-socket", socket: id, code, message: String(error) };
    }
    this.#act(() => this.#served.report(report));
  }

  onReports(fn: (reports: readonly Report[]) => void): void {
    this.#hear = fn;
  }

  onDeath(fn: (why: string) => void): void {
    this.#onDeath = fn;
  }

  /** Ends it as a fault would. */
  die(why: string): void {
    if (this.#isOver) return;
    void this.#end().then(() => this.#onDeath(why));
  }

  async #end(): Promise<void> {
    this.#isOver = true;
    this.#alarm.set(undefined);
    for (const timer of this.#travelling) timer[Symbol.dispose]();
    const sockets = [...this.#sockets.values()];
    this.#sockets.clear();
    await Promise.all(sockets.map((socket) => socket[Symbol.asyncDispose]()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) await this.#end();
  }
}

/** Threads on these ports; `started` collects them. */
export function simThreads(ports: Ports, started: SimThread[] = []): EngineThreads {
  return {
    missing: () => undefined,
    onMissing: () => ({ [Symbol.dispose]() {} }),
    start: (options) => {
      const thread = new SimThread(ports, options);
      started.push(thread);
      return Promise.resolve(thread);
    },
  };
}
