/** When a player is started, started again, or given up. No I/O. */
import type { Machine } from "../../core/plugin.ts";
import { RetryDelay } from "../../core/retry_delay.ts";

/** What the player's life is made of. */
export type PlayerEvent =
  | { readonly kind: "open" }
  | { readonly kind: "line"; readonly line: string }
  | { readonly kind: "exit"; readonly code: number }
  /** The program is not installed, or may not be run. */
  | { readonly kind: "cannot-start"; readonly why: string }
  | { readonly kind: "retry" };

/** What is to be done. */
export type PlayerEffect =
  | { readonly kind: "spawn" }
  | { readonly kind: "retry"; readonly afterMs: number }
  /** The user closed the window. */
  | { readonly kind: "end" }
  | { readonly kind: "tell"; readonly level: "info" | "warn" | "error"; readonly text: string };

/** `blind`: there is no display or no player, and there will be none without the operator. */
export type PlayerState = "idle" | "playing" | "waiting" | "blind" | "ended";

/** Such runs are healthy: the next failure waits the shortest time again. */
const HEALTHY_MS = 10_000;
/** The last lines of the player, for the message about its end. */
const LINES_KEPT = 3;
const NO_DISPLAY =
  /Could not initialize SDL|No available video device|Failed to (?:set video mode|create window)/i;

/** One session's player. */
export class Player implements Machine<PlayerEvent, PlayerEffect> {
  readonly #retry: RetryDelay;
  #state: PlayerState = "idle";
  #startedMs = 0;
  #restarts = 0;
  #lines: string[] = [];
  #noDisplay: string | undefined;

  constructor(readonly onClose: "end" | "restart", retryMs: number) {
    this.#retry = new RetryDelay({ firstMs: retryMs, maxMs: Math.max(30_000, retryMs) });
  }

  get state(): PlayerState {
    return this.#state;
  }

  get restarts(): number {
    return this.#restarts;
  }

  handle(event: PlayerEvent, nowMs: number): readonly PlayerEffect[] {
    switch (event.kind) {
      case "open":
        return this.#state === "idle" ? this.#start(nowMs) : [];
      case "line":
        return this.#onLine(event.line);
      case "retry":
        if (this.#state !== "waiting") return [];
        this.#restarts++;
        return this.#start(nowMs);
      case "cannot-start":
        this.#state = "blind";
        return [{
          kind: "tell",
          level: "error",
          text: `${event.why}. Install ffmpeg (it brings ffplay), or use another sink`,
        }];
      case "exit":
        return this.#onExit(event.code, nowMs);
    }
  }

  #start(nowMs: number): readonly PlayerEffect[] {
    this.#state = "playing";
    this.#startedMs = nowMs;
    this.#lines = [];
    return [{ kind: "spawn" }];
  }

  #onLine(line: string): readonly PlayerEffect[] {
    this.#lines.push(line);
    if (this.#lines.length > LINES_KEPT) this.#lines.shift();
    if (NO_DISPLAY.test(line)) this.#noDisplay = line;
    return [];
  }

  #onExit(code: number, nowMs: number): readonly PlayerEffect[] {
    if (this.#state !== "playing") return [];
    if (this.#noDisplay !== undefined) {
      this.#state = "blind";
      return [{
        kind: "tell",
        level: "error",
        text:
          `Cannot show the picture: no display is there (DISPLAY or WAYLAND_DISPLAY): ${this.#noDisplay}`,
      }];
    }
    if (code === 0 && this.onClose === "end") {
      this.#state = "ended";
      return [{ kind: "tell", level: "info", text: "the window was closed" }, { kind: "end" }];
    }
    if (nowMs - this.#startedMs >= HEALTHY_MS) this.#retry.reset();
    this.#state = "waiting";
    const afterMs = this.#retry.next();
    const text = code === 0
      ? "the window was closed; the player starts again"
      : `the player ended with code ${code}: ${this.#lines.join(" / ")}`;
    return [{ kind: "tell", level: "warn", text }, { kind: "retry", afterMs }];
  }
}

/** Lets a player that does not read lose whole stretches instead of piling up. */
export class DropGate {
  #dropping = false;

  constructor(readonly maxBytes: number) {}

  /** Whether the next bytes may go in, with so many waiting. */
  admits(queuedBytes: number): boolean {
    if (queuedBytes >= this.maxBytes) this.#dropping = true;
    else if (queuedBytes <= this.maxBytes / 2) this.#dropping = false;
    return !this.#dropping;
  }
}
