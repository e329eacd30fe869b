/**
 * The engine's side of a thread, without sockets: carries out orders on a `MediaDriver` and gathers reports. The shell
 * (a Linux worker, or a test in the seeded world) owns sockets, time and the way messages travel.
 */
import type { Ssrc } from "../ids.ts";
import type { EngineEvent, LinkId, ReceiverEvent, SocketId } from "../media/api.ts";
import { type Carrier, MediaDriver, type Wires } from "../media/driver.ts";
import type { LinkEntry } from "../media/link_table.ts";
import type { PacketMemory } from "../media/memory.ts";
import type { Stream } from "../media/stream.ts";
import type { Rng } from "../ports.ts";
import { CookieJar } from "../wire/cookie.ts";
import { TS_BYTES, TS_PER_RTP } from "../wire/rtp.ts";
import { Pacer } from "./pacer.ts";
import { packChunks } from "./packed_chunks.ts";
import { PositionTable } from "./position_table.ts";
import type { EngineThreadOptions, Order, Report } from "./words.ts";

/** Counters go out this often by themselves. */
const COUNT_EVERY_MS = 1000;
/** And not more often than this when they are asked for. */
const COUNT_GAP_MS = 100;
const RTP_PAYLOAD_BYTES = TS_BYTES * TS_PER_RTP;

/** What a shell lends. */
export interface ServedOptions {
  readonly thread: EngineThreadOptions;
  readonly rng: Rng;
  readonly now: () => number;
  readonly wires: Wires;
  readonly carrier?: Carrier;
  readonly memory?: PacketMemory;
  /** A link came or went. */
  readonly linked?: (link: LinkEntry) => void;
  readonly unlinked?: (link: LinkId) => void;
  /** What the shell counts beside the driver. */
  readonly counts?: () => { readonly sendErrors: number; readonly queueDropped: number };
}

/** Orders that the shell carries out itself. */
export type EngineOrder = Exclude<Order, { readonly kind: "open-socket" | "close-socket" }>;

/** One engine that is served by messages. */
export class ServedEngine {
  readonly driver: MediaDriver;
  readonly #options: ServedOptions;
  readonly #positions: PositionTable;
  readonly #places = new Map<number, { readonly slot: number; readonly life: number }>();
  readonly #receivers = new Map<number, Disposable>();
  readonly #asks = new Map<number, Disposable>();
  readonly #pacers = new Map<number, Pacer>();
  #reports: Report[] = [];
  #dueMs = Infinity;
  #countMs: number;
  #countedMs = -Infinity;
  #failureTold = false;
  #shownMs = 0;

  constructor(options: ServedOptions) {
    this.#options = options;
    const { thread, rng, now, wires, carrier, memory } = options;
    const { recovery, cookieSecret, positions } = thread;
    this.#positions = new PositionTable(positions);
    this.#countMs = now() + COUNT_EVERY_MS;
    this.driver = new MediaDriver({
      recovery,
      rng,
      now,
      wires,
      tracksMoves: true,
      jar: new CookieJar({ bytes: () => cookieSecret }, "media"),
      arm: (atMs) => void (this.#dueMs = atMs),
      failed: (error) => this.#failed(error),
      ...(carrier === undefined ? {} : { carrier }),
      ...(memory === undefined ? {} : { memory }),
    });
    this.driver.onEvent((event) => this.#event(event));
  }

  #failed(error: unknown): void {
    if (this.#failureTold) return;
    this.#failureTold = true;
    this.log("error", "media-engine-failed", { error: String(error) });
  }

  /** Tells the main thread's log something. */
  log(level: "info" | "warn" | "error", event: string, fields: Record<string, unknown>): void {
    this.#reports.push({ kind: "log", level, event, fields });
  }

  /** Tells the main thread something. */
  report(report: Report): void {
    this.#reports.push(report);
  }

  #event(event: EngineEvent): void {
    const life = "ssrc" in event ? this.#places.get(event.ssrc)?.life ?? 0 : 0;
    this.#reports.push({ kind: "event", event, life });
  }

  /** Carries out an order. */
  handle(order: EngineOrder): void {
    const { driver } = this;
    switch (order.kind) {
      case "link": {
        const link = driver.links.adopt(order.link);
        return this.#options.linked?.(link);
      }
      case "unlink":
        driver.command({ kind: "close-link", link: order.link });
        return this.#options.unlinked?.(order.link);
      case "life":
        this.#places.set(order.ssrc, { slot: order.slot, life: order.life });
        return;
      case "command":
        return this.#command(order);
      case "child": {
        const { id, ssrc, link, from } = order;
        const done = (first: number) => void this.#reports.push({ kind: "first", id, first });
        return driver.addChild(ssrc, link, from, done);
      }
      case "ask":
        return this.#ask(order);
      case "ask-off":
        this.#asks.get(order.id)?.[Symbol.dispose]();
        return void this.#asks.delete(order.id);
      case "publish":
        return this.#publish(order.ssrc, order.ts, order.dueMs);
      case "receive": {
        const { id, spec } = order;
        this.#receivers.set(id, driver.subscribe(spec, (event) => this.#deliver(id, event)));
        return;
      }
      case "receive-off":
        this.#receivers.get(order.id)?.[Symbol.dispose]();
        return void this.#receivers.delete(order.id);
      case "hurry":
        return driver.hurry();
      case "count":
        this.#countMs = Math.min(this.#countMs, this.#countedMs + COUNT_GAP_MS);
    }
  }

  #command({ command }: Extract<EngineOrder, { kind: "command" }>): void {
    if (command.kind === "end" || command.kind === "close") {
      const { ssrc } = command;
      this.#pacers.get(ssrc)?.flush((ts, dueMs) => this.driver.publish(ssrc, ts, dueMs));
      this.#pacers.delete(ssrc);
    }
    this.driver.command(command);
    if (command.kind === "close-link") this.#options.unlinked?.(command.link);
    if (command.kind === "close") this.#places.delete(command.ssrc);
  }

  #ask({ id, link, fresh }: Extract<EngineOrder, { kind: "ask" }>): void {
    let answered = false;
    const asked = this.driver.cookie(link, (cookie) => {
      answered = true;
      this.#asks.delete(id);
      this.#reports.push({ kind: "cookie", id, cookie });
    }, fresh);
    if (!answered) this.#asks.set(id, asked);
  }

  #publish(ssrc: Ssrc, ts: Uint8Array, dueMs: number): void {
    const { driver } = this;
    const { burstMs } = this.#options.thread;
    if (burstMs <= 0) return driver.publish(ssrc, ts, dueMs);
    let pacer = this.#pacers.get(ssrc);
    if (pacer === undefined) {
      this.#pacers.set(ssrc, pacer = new Pacer(burstMs, RTP_PAYLOAD_BYTES));
    }
    pacer.push(ts, dueMs, this.#options.now(), (piece, at) => driver.publish(ssrc, piece, at));
  }

  /** Payloads lie in the ring only until the call that delivers them returns: they are copied out at once. */
  #deliver(id: number, event: ReceiverEvent): void {
    if (event.kind === "end") {
      this.#receivers.delete(id);
      this.#reports.push({ kind: "end", id });
    } else this.#reports.push({ kind: "chunks", chunks: packChunks(id, event.chunks) });
  }

  /** When `tick` is due. */
  get dueMs(): number {
    let dueMs = Math.min(this.#dueMs, this.#countMs);
    for (const pacer of this.#pacers.values()) dueMs = Math.min(dueMs, pacer.nextMs());
    return dueMs;
  }

  /** Does what is due. */
  tick(): void {
    const nowMs = this.#options.now();
    for (const [ssrc, pacer] of this.#pacers) {
      // The map holds only streams that were published.
      const own = ssrc as Ssrc;
      pacer.run(nowMs, (ts, dueMs) => this.driver.publish(own, ts, dueMs));
    }
    if (this.#dueMs <= nowMs) {
      this.#dueMs = Infinity;
      this.driver.tick();
    }
    if (this.#countMs <= nowMs) this.#count(nowMs);
  }

  #count(nowMs: number): void {
    this.#countMs = nowMs + COUNT_EVERY_MS;
    this.#countedMs = nowMs;
    const { totals, rows } = this.driver.packedCounters();
    const more = this.#options.counts?.() ?? { sendErrors: 0, queueDropped: 0 };
    let { queueDropped } = more;
    for (const pacer of this.#pacers.values()) queueDropped += pacer.overflowed;
    this.#reports.push({
      kind: "counters",
      counters: {
        totals: { ...totals, sendErrors: totals.sendErrors + more.sendErrors, queueDropped },
        rows,
      },
    });
  }

  /** The socket is gone, and with it its links. */
  closeSocket(socket: SocketId): void {
    const links = [...this.driver.links.values()].filter((link) => link.socket === socket);
    this.driver.closeSocket(socket);
    for (const { id } of links) this.#options.unlinked?.(id);
  }

  /** Whether there is something to report. */
  get hasReports(): boolean {
    return this.#reports.length > 0;
  }

  /** Writes positions where the main thread reads them, and takes out what there is to report. */
  take(): readonly Report[] {
    const reports = this.#reports;
    if (reports.length > 0) this.#reports = [];
    return reports;
  }

  /** Shows the main thread how far each stream has come. */
  showPositions(): void {
    this.#shownMs = this.#options.now();
    this.driver.engine.takeMoved(this.#show);
  }

  readonly #show = (stream: Stream): void => {
    const place = this.#places.get(stream.ssrc);
    if (place === undefined) return;
    const { ring: { top }, next, lastArrivalMs } = stream;
    const tail = stream.tail(this.#shownMs);
    this.#positions.write(place.slot, place.life, top, tail, next, lastArrivalMs);
  };
}
