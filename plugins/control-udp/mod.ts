import { Alarm } from "../../core/alarm.ts";
import { definePlugin } from "../../core/define.ts";
import { Listeners } from "../../core/listeners.ts";
import type { Context } from "../../core/plugin.ts";
import type { Addr, UdpSocket } from "../../core/ports.ts";
import type { NodeName } from "../../core/ids.ts";
import type { Control, ControlFailure, ControlTarget } from "../../core/slots.ts";
import type { Message, MessageBody, MessageType } from "../../core/wire/messages.ts";
import { type Config, config } from "./config.ts";
import type { AnyMessage, In, Out } from "./events.ts";
import { collectCounters } from "./metrics.ts";
import { ControlBrain } from "./protocol.ts";
import type { Outgoing } from "./session.ts";

/** What `request` promises to call. */
type Done = (answer: Message<MessageType> | ControlFailure) => void;

/** Sequence numbers left free at a swap: the predecessor may send a few more before it stops. */
const SWAP_SEQ_GAP = 1024;

/** The control plane on a socket: turns effects of the brain into datagrams, calls and a timer. */
class ControlUdp implements Control {
  readonly #ctx: Context<never>;
  readonly #config: Config;
  readonly #listeners = new Map<MessageType, Listeners<[AnyMessage]>>();
  readonly #heard = new Listeners<[NodeName]>();
  readonly #pending = new Map<number, Done>();
  readonly #faults = new Set<MessageType>();
  #brain: ControlBrain | undefined;
  #socket: UdpSocket | undefined;
  #held: Disposable[] = [];
  readonly #alarm: Alarm;
  #requestId = 0;
  #seq = 0;

  constructor(ctx: Context<never>, config: Config) {
    this.#ctx = ctx;
    this.#config = config;
    this.#alarm = new Alarm(ctx.clock, () => this.#feed({ kind: "tick" }));
  }

  get local(): Addr {
    const { listen, ports } = this.#ctx.self;
    return this.#socket?.local ?? { host: listen, port: ports.control };
  }

  async start(signal: AbortSignal): Promise<void> {
    const { net, self, rng, clock, metrics } = this.#ctx;
    if (this.#brain !== undefined) throw new Error("Cannot start control-udp: it is running");
    const brain = new ControlBrain(self, this.#config, rng, clock.now(), this.#seq);
    this.#brain = brain;
    const bind = { host: self.listen, port: self.ports.control };
    const socket = await net.udp(bind, { plane: "control" });
    if (signal.aborted || this.#brain !== brain) {
      await socket[Symbol.asyncDispose]();
      signal.throwIfAborted();
      return;
    }
    this.#socket = socket;
    this.#held = collectCounters(metrics, brain);
    this.#held.push(socket.onPacket((from, bytes) => this.#feed({ kind: "packet", from, bytes })));
  }

  async stop(): Promise<void> {
    this.#seq = this.#brain?.seq ?? this.#seq;
    this.#brain = undefined;
    this.#alarm.set(undefined);
    for (const held of this.#held.splice(0)) held[Symbol.dispose]();
    const socket = this.#socket;
    this.#socket = undefined;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const done of pending) this.#call(() => done("stopped"));
    await socket?.[Symbol.asyncDispose]();
  }

  snapshot(): unknown {
    return { seq: (this.#brain?.seq ?? this.#seq) + SWAP_SEQ_GAP };
  }

  /** Continues the predecessor's numbers: receivers would take lower ones for duplicates. */
  adopt(state: unknown): void {
    if (typeof state !== "object" || state === null || !("seq" in state)) return;
    if (typeof state.seq === "number" && Number.isSafeInteger(state.seq)) this.#seq = state.seq;
  }

  onMessage<T extends MessageType>(type: T, fn: (message: Message<T>) => void): Disposable {
    const listeners = this.#listeners.get(type) ?? new Listeners();
    this.#listeners.set(type, listeners);
    // Only messages of type T are ever handed to these listeners.
    return listeners.on((message) => fn(message as unknown as Message<T>));
  }

  onHeard(fn: (name: NodeName) => void): Disposable {
    return this.#heard.on(fn);
  }

  send<T extends MessageType>(to: ControlTarget, type: T, body: MessageBody<T>): void {
    this.#feed({ kind: "send", to, message: outgoing(type, body, undefined) });
  }

  reply<T extends MessageType>(to: Message<MessageType>, type: T, body: MessageBody<T>): void {
    const target = { name: to.from, control: to.addr };
    this.#feed({ kind: "send", to: target, message: outgoing(type, body, to.seq) });
  }

  request<T extends MessageType>(
    to: ControlTarget,
    type: T,
    body: MessageBody<T>,
    options: { readonly timeoutMs: number; readonly firstRetryMs?: number },
    done: Done,
  ): Disposable {
    if (this.#brain === undefined) {
      this.#call(() => done("stopped"));
      return { [Symbol.dispose]() {} };
    }
    const id = this.#requestId++;
    this.#pending.set(id, done);
    const { timeoutMs, firstRetryMs } = options;
    const message = outgoing(type, body, undefined);
    this.#feed({ kind: "request", id, to, message, timeoutMs, firstRetryMs });
    return {
      [Symbol.dispose]: () => {
        if (this.#pending.delete(id)) this.#feed({ kind: "cancel", id });
      },
    };
  }

  #feed(event: In): void {
    const brain = this.#brain;
    if (brain === undefined) return;
    for (const out of brain.handle(event, this.#ctx.clock.now())) {
      // A listener may have stopped this node.
      if (this.#brain !== brain) return;
      this.#act(out);
    }
  }

  #act(out: Out): void {
    switch (out.kind) {
      case "send":
        this.#socket?.send(out.to, out.bytes);
        break;
      case "message":
        this.#call(() => this.#listeners.get(out.message.type)?.emit(out.message));
        break;
      case "heard":
        this.#call(() => this.#heard.emit(out.name));
        break;
      case "answer": {
        const done = this.#pending.get(out.id);
        this.#pending.delete(out.id);
        if (done !== undefined) this.#call(() => done(out.answer));
        break;
      }
      case "wake":
        this.#alarm.set(out.atMs);
        break;
      case "fault":
        this.#fault(out.type, out.error);
        break;
    }
  }

  /** Logged once for each type: it is a mistake in the code, and the counter goes on. */
  #fault(type: MessageType, error: Error): void {
    if (this.#faults.has(type)) return;
    this.#faults.add(type);
    this.#ctx.log.error("message cannot be sent", { type, error });
  }

  /** Calls listeners; what they throw is their own fault and stays here. */
  #call(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      if (this.#brain !== undefined) this.#brain.counters.listenerErrors++;
      this.#ctx.log.error("listener failed", { error });
    }
  }
}

function outgoing<T extends MessageType>(
  type: T,
  body: MessageBody<T>,
  re: number | undefined,
): Outgoing {
  // The signature pairs type and body; the union cannot be built from a generic otherwise.
  return { type, body, re } as unknown as Outgoing;
}

/** Control messages over UDP, to and from addresses that have proven themselves. */
export default definePlugin({
  name: "control-udp",
  slot: "control",
  summary: "Control messages in CBOR over UDP; every address proves itself by a cookie first.",
  needs: [],
  config,
  create: (ctx, options) => new ControlUdp(ctx, options),
});
