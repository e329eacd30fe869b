/** For tests: the real media engine on one simulated socket, without a driver's comforts. */
import { addrKey, type Ssrc } from "../../core/ids.ts";
import { Listeners } from "../../core/listeners.ts";
import { Alarm } from "../../core/alarm.ts";
import type {
  EngineCommand,
  EngineEvent,
  LinkId,
  ReceiverEvent,
  ReceiverSpec,
  RecoverySpec,
  SocketId,
} from "../../core/media/api.ts";
import { MediaEngine } from "../../core/media/engine.ts";
import type { Addr, Clock, UdpSocket } from "../../core/ports.ts";
import type { Datapath } from "../../core/slots.ts";

const NACK: RecoverySpec = {
  algorithm: "nack",
  options: { reorderMaxMs: 30, triesMax: 20, budgetShare: 0.5 },
};

/** The engine as a datapath. */
export class EngineDatapath implements Datapath {
  /** A secret that changes with every start, as a real jar's does. */
  secret = 1;
  readonly #engine = new MediaEngine({ recovery: NACK, reporter: 4711 });
  readonly #events = new Listeners<[event: EngineEvent]>();
  readonly #alarm: Alarm;
  readonly #remotes: Addr[] = [];
  readonly #links = new Map<string, LinkId>();
  readonly #receivers = new Map<number, (event: ReceiverEvent) => void>();
  readonly #open = new Set<Ssrc>();
  #draining = false;

  constructor(
    readonly udp: UdpSocket,
    readonly clock: Clock,
    readonly ask: (remote: Addr, local: Addr) => number | undefined,
  ) {
    this.#alarm = new Alarm(clock, () => {
      this.#engine.tick(clock.now());
      this.#drain();
    });
    udp.onPacket((from, bytes) => {
      this.#engine.receiveOne(this.link(0, from), bytes, clock.now());
      this.#drain();
    });
  }

  get local(): Addr {
    return this.udp.local;
  }

  /** Streams that are open now. */
  openStreams(): readonly Ssrc[] {
    return [...this.#open];
  }

  shut(): void {
    this.#alarm[Symbol.dispose]();
  }

  openSocket(): Promise<{ readonly id: SocketId; readonly local: Addr }> {
    return Promise.reject(new Error("Cannot open a socket: the test has one"));
  }

  closeSocket(): void {}

  link(_socket: SocketId, remote: Addr): LinkId {
    const key = addrKey(remote);
    const known = this.#links.get(key) ?? this.#remotes.push(remote) - 1;
    this.#links.set(key, known);
    return known;
  }

  cookie(link: LinkId, done: (cookie: Uint8Array | undefined) => void): Disposable {
    return this.clock.after(10, () => {
      const secret = this.ask(this.#remote(link), this.local);
      done(secret === undefined ? undefined : new Uint8Array([secret]));
    });
  }

  verify(_remote: Addr, cookie: Uint8Array): boolean {
    return cookie[0] === this.secret;
  }

  command(command: EngineCommand): void {
    if (command.kind === "open") this.#open.add(command.ssrc);
    if (command.kind === "close") this.#open.delete(command.ssrc);
    this.#engine.command(command, this.clock.now());
    this.#drain();
  }

  addChild(
    ssrc: Ssrc,
    link: LinkId,
    from: number | undefined,
    done: (first: number) => void,
  ): void {
    this.#engine.addChild(ssrc, link, from, this.clock.now(), done);
    this.#drain();
  }

  publish(ssrc: Ssrc, ts: Uint8Array, dueMs: number): void {
    this.#engine.publish(ssrc, ts, dueMs, this.clock.now());
    this.#drain();
  }

  receive(spec: ReceiverSpec, fn: (event: ReceiverEvent) => void): Disposable {
    const id = this.#engine.addReceiver(spec, this.clock.now());
    this.#receivers.set(id, fn);
    this.#drain();
    return {
      [Symbol.dispose]: () => {
        this.#receivers.delete(id);
        this.#engine.removeReceiver(id);
      },
    };
  }

  position(ssrc: Ssrc) {
    return this.#engine.position(ssrc, this.clock.now());
  }

  counters(): ReturnType<Datapath["counters"]> {
    const streams = this.#engine.streams((link) => this.#remote(link));
    const totals = this.#engine.totals();
    return { ...totals, streams, strangers: 0, badCookies: 0, sendErrors: 0, queueDropped: 0 };
  }

  onEvent(fn: (event: EngineEvent) => void): Disposable {
    return this.#events.on(fn);
  }

  #remote(link: LinkId): Addr {
    const remote = this.#remotes[link];
    if (remote === undefined) throw new Error(`Cannot send: no link ${link}`);
    return remote;
  }

  /** Carries out what the engine wants; what listeners cause meanwhile is carried out after it. */
  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    const { out } = this.#engine;
    while (out.sends > 0 || out.events.length > 0 || out.deliveries.length > 0) {
      const sends: { readonly bytes: Uint8Array; readonly targets: readonly LinkId[] }[] = [];
      for (let at = 0; at < out.sends; at++) {
        const packet = out.sendAt(at);
        if (packet !== undefined) sends.push({ bytes: packet.bytes, targets: packet.targets });
      }
      const events = [...out.events];
      const deliveries = [...out.deliveries];
      out.clear();
      for (const { bytes, targets } of sends) {
        for (const link of targets) this.udp.send(this.#remote(link), bytes);
      }
      for (const event of events) this.#events.emit(event);
      for (const { receiver, event } of deliveries) this.#receivers.get(receiver)?.(event);
    }
    this.#draining = false;
    this.#alarm.set(this.#engine.nextDeadlineMs());
  }
}
