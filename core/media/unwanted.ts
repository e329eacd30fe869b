/** Media that keeps coming from somebody who is no parent: noticed once a second and link. */
import type { LinkId } from "./api.ts";

/** What was on its way when a parent was left has arrived by then. */
const GRACE_MS = 1000;
const EVERY_MS = 1000;
/** Links watched at once. */
const LINKS_MAX = 256;

interface Nuisance {
  ssrc: number;
  firstMs: number;
  lastMs: number;
  toldMs: number;
}

/** Watches links that send what nobody asked for. */
export class Unwanted {
  readonly #links = new Map<LinkId, Nuisance>();

  /** Notes one packet; true when it is time to tell the sender to stop. */
  note(link: LinkId, ssrc: number, nowMs: number): boolean {
    const known = this.#links.get(link);
    if (known === undefined || known.ssrc !== ssrc && nowMs - known.lastMs > EVERY_MS) {
      if (known === undefined && this.#links.size >= LINKS_MAX) {
        for (const oldest of this.#links.keys()) {
          this.#links.delete(oldest);
          break;
        }
      }
      this.#links.set(link, { ssrc, firstMs: nowMs, lastMs: nowMs, toldMs: 0 });
      return false;
    }
    if (known.ssrc !== ssrc) return false;
    if (nowMs - known.lastMs > EVERY_MS) known.firstMs = nowMs;
    known.lastMs = nowMs;
    if (nowMs - known.firstMs < GRACE_MS || nowMs - known.toldMs < EVERY_MS) return false;
    known.toldMs = nowMs;
    return true;
  }

  /** The link is a parent now, or gone. */
  forget(link: LinkId): void {
    this.#links.delete(link);
  }
}
