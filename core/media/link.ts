/** What the engine knows of one link: its round trip, and when to measure it again. */
import type { LinkId } from "./api.ts";
import { RoundTrip } from "./round_trip.ts";

/** The first echoes come fast, so that the first repair already knows its round trip. */
const FIRST_ECHOES_MS = [0, 20, 40, 60, 80, 100, 150, 200, 250, 300];
/** Then once a second, the rhythm of RIST Simple Profile's reports. */
const ECHO_EVERY_MS = 1000;
/** An echo that is younger than this is answered by the last one's turn; bounds what a peer can ask for. */
const ANSWER_GAP_MS = 2;

/** How often a link's life is told; as often as keepalive sends heartbeats. */
const ALIVE_EVERY_MS = 200;

/** One link that carries streams. */
export class Link {
  readonly id: LinkId;
  /** Only this link, as a list of targets: shared by all that goes to it alone. */
  readonly alone: readonly LinkId[];
  readonly trip = new RoundTrip();
  /** Streams that use this link, as parents and as children. */
  roles = 0;
  #echoes = 0;
  #nextEchoMs = Infinity;
  #lastAskMs = -Infinity;
  #lastAnswerMs = -Infinity;
  #aliveMs = -Infinity;

  constructor(id: LinkId) {
    this.id = id;
    this.alone = [id];
  }

  /** When the next echo is due; never while no stream uses the link. */
  get nextEchoMs(): number {
    return this.roles > 0 ? this.#nextEchoMs : Infinity;
  }

  /** A stream begins to use the link. */
  acquire(nowMs: number): void {
    if (this.roles++ === 0) {
      this.#echoes = 0;
      this.#nextEchoMs = nowMs;
    }
  }

  /** A stream is done with the link. */
  release(): void {
    if (this.roles > 0) this.roles--;
  }

  /** Whether an echo is due; if so it counts as sent. */
  takeEcho(nowMs: number): boolean {
    if (nowMs < this.nextEchoMs) return false;
    this.#lastAskMs = nowMs;
    this.#echoes++;
    const first = FIRST_ECHOES_MS[this.#echoes];
    this.#nextEchoMs = nowMs + (first ?? ECHO_EVERY_MS);
    return true;
  }

  /** Whether a packet that came just now is news of the other end's life. */
  takeAlive(nowMs: number): boolean {
    if (this.roles === 0 || nowMs - this.#aliveMs < ALIVE_EVERY_MS) return false;
    this.#aliveMs = nowMs;
    return true;
  }

  /** Whether the peer's question may be answered now. */
  mayAnswer(nowMs: number): boolean {
    if (this.roles === 0 || nowMs - this.#lastAnswerMs < ANSWER_GAP_MS) return false;
    this.#lastAnswerMs = nowMs;
    return true;
  }

  /** An echo came back; one that was never asked for, or is too old to be it, changes nothing. */
  echoed(sentMs: number, delayMs: number, nowMs: number): void {
    if (sentMs > nowMs || sentMs < this.#lastAskMs - 5 * ECHO_EVERY_MS) return;
    this.trip.sample(Math.max(0, nowMs - sentMs - delayMs));
  }
}
