/** For tests: brains joined by a seeded network that loses, doubles and reorders. */
import type { Addr } from "../../core/ports.ts";
import { addrKey, type NodeName } from "../../core/ids.ts";
import { checkConfig } from "../../core/define.ts";
import { seededRng } from "../../core/rng.ts";
import type { ControlFailure, ControlTarget } from "../../core/slots.ts";
import type { MessageBody, MessageType } from "../../core/wire/messages.ts";
import { config } from "./config.ts";
import type { AnyMessage, In, Out } from "./events.ts";
import { ControlBrain } from "./protocol.ts";

/** How the rig's network behaves. */
export interface Weather {
  readonly latencyMs: number;
  /** Added to the latency, uniform: more than the spacing of messages reorders them. */
  readonly jitterMs: number;
  readonly loss: number;
  readonly duplicates: number;
}

/** A network without fault. */
export const FAIR: Weather = { latencyMs: 5, jitterMs: 0, loss: 0, duplicates: 0 };

/** One node in the rig. */
export class RigNode {
  readonly received: AnyMessage[] = [];
  readonly heard: NodeName[] = [];
  readonly faults: Extract<Out, { kind: "fault" }>[] = [];
  readonly answers = new Map<number, (AnyMessage | ControlFailure)[]>();
  /** Called for each message, as a listener would be. */
  onMessage: (message: AnyMessage) => void = () => {};
  brain: ControlBrain;
  #requestId = 0;
  #wakeMs = Infinity;
  /** Ticks of a brain that was replaced are ignored. */
  #life = 0;

  constructor(
    readonly rig: Rig,
    readonly name: NodeName,
    readonly addr: Addr,
    public instance: number,
    readonly raw: object,
  ) {
    this.brain = this.#make();
  }

  get target(): ControlTarget {
    return { name: this.name, control: this.addr };
  }

  /** Forgets everything, as a crash does, and comes back with a new secret. */
  restart(instance: number): void {
    this.instance = instance;
    this.#life++;
    this.#wakeMs = Infinity;
    this.brain = this.#make();
  }

  feed(event: In): readonly Out[] {
    const outs = this.brain.handle(event, this.rig.nowMs);
    for (const out of outs) this.#act(out);
    return outs;
  }

  send<T extends MessageType>(to: RigNode, type: T, body: MessageBody<T>): void {
    this.feed({ kind: "send", to: to.target, message: { type, body, re: undefined } as never });
  }

  reply<T extends MessageType>(to: AnyMessage, type: T, body: MessageBody<T>): void {
    const target = { name: to.from, control: to.addr };
    this.feed({ kind: "send", to: target, message: { type, body, re: to.seq } as never });
  }

  request<T extends MessageType>(
    to: Pick<RigNode, "target">,
    type: T,
    body: MessageBody<T>,
    timeoutMs: number,
    firstRetryMs?: number,
  ): number {
    const id = this.#requestId++;
    this.answers.set(id, []);
    const message = { type, body, re: undefined } as never;
    this.feed({ kind: "request", id, to: to.target, message, timeoutMs, firstRetryMs });
    return id;
  }

  #make(): ControlBrain {
    const rng = seededRng(Math.floor(this.rig.random() * 2 ** 32));
    return new ControlBrain(this, checkConfig(config, this.raw), rng, this.rig.nowMs);
  }

  #act(out: Out): void {
    switch (out.kind) {
      case "send":
        this.rig.transmit(this.addr, out.to, out.bytes);
        break;
      case "message":
        this.received.push(out.message);
        this.onMessage(out.message);
        break;
      case "heard":
        this.heard.push(out.name);
        break;
      case "answer":
        this.answers.get(out.id)?.push(out.answer);
        break;
      case "wake": {
        const life = this.#life;
        this.#wakeMs = out.atMs;
        this.rig.at(out.atMs, () => {
          if (this.#life === life && this.#wakeMs === out.atMs) this.feed({ kind: "tick" });
        });
        break;
      }
      case "fault":
        this.faults.push(out);
        break;
    }
  }
}

/** The network and the time. */
export class Rig {
  nowMs = 1000;
  weather: Weather;
  /** Datagrams put on the wire, for a look at sizes and counts. */
  readonly wire: { readonly from: Addr; readonly to: Addr; readonly bytes: Uint8Array }[] = [];
  readonly random: () => number;
  /** Host names that stand for other hosts. */
  readonly hostNames = new Map<string, string>();
  readonly #nodes = new Map<string, RigNode>();
  #queue: { readonly atMs: number; readonly order: number; readonly fn: () => void }[] = [];
  #order = 0;

  constructor(readonly seed: number, weather: Partial<Weather> = {}) {
    this.weather = { ...FAIR, ...weather };
    this.random = seededRng(seed).next;
  }

  node(name: string, raw: object = {}, instance = 100, port = 6000, host = name): RigNode {
    const addr = { host, port };
    const node = new RigNode(this, name as NodeName, addr, instance, raw);
    this.#nodes.set(addrKey(addr), node);
    return node;
  }

  at(atMs: number, fn: () => void): void {
    this.#queue.push({ atMs, order: this.#order++, fn });
  }

  transmit(from: Addr, to: Addr, bytes: Uint8Array): void {
    this.wire.push({ from, to, bytes });
    const { latencyMs, jitterMs, loss, duplicates } = this.weather;
    const copies = this.random() < loss ? 0 : this.random() < duplicates ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      this.at(this.nowMs + latencyMs + this.random() * jitterMs, () => {
        const host = this.hostNames.get(to.host) ?? to.host;
        this.#nodes.get(addrKey({ host, port: to.port }))?.feed({ kind: "packet", from, bytes });
      });
    }
  }

  run(forMs: number): void {
    const untilMs = this.nowMs + forMs;
    for (;;) {
      let first = 0;
      for (let i = 1; i < this.#queue.length; i++) {
        const a = this.#queue[i];
        const b = this.#queue[first];
        if (a && b && (a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order))) first = i;
      }
      const next = this.#queue[first];
      if (next === undefined || next.atMs > untilMs) break;
      this.#queue.splice(first, 1);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.fn();
    }
    this.nowMs = untilMs;
  }
}
