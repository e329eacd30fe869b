/** The links of an engine, and which of them is to be measured next. */
import type { LinkId } from "./api.ts";
import { Link } from "./link.ts";

/** Links remembered; beyond that those that no stream uses are forgotten. */
const LINKS_MAX = 16_384;

/** All links an order has named. */
export class Links {
  readonly #byId = new Map<LinkId, Link>();
  /** When the next echo is due on any link; lowered whenever a link may have come into use. */
  #echoMs = Infinity;
  /** The same as the last look left it: an order alone makes none due. */
  #dueMs = Infinity;

  /** When `echoes` is due. */
  get dueMs(): number {
    return this.#dueMs;
  }

  get(id: LinkId): Link | undefined {
    return this.#byId.get(id);
  }

  /** The link of this number, made when there is none. */
  of(id: LinkId): Link {
    let link = this.#byId.get(id);
    if (link === undefined) {
      if (this.#byId.size >= LINKS_MAX) this.#dropIdle();
      this.#byId.set(id, link = new Link(id));
    }
    return link;
  }

  #dropIdle(): void {
    for (const [id, link] of this.#byId) if (link.roles === 0) this.#byId.delete(id);
  }

  /** Whether a stream uses this link. */
  isBusy(id: LinkId): boolean {
    return (this.#byId.get(id)?.roles ?? 0) > 0;
  }

  delete(id: LinkId): boolean {
    return this.#byId.delete(id);
  }

  /** An order may bring a link into use. */
  ordered(nowMs: number): void {
    this.#echoMs = Math.min(this.#echoMs, nowMs);
  }

  /** Calls `send` for each link whose echo is due. */
  echoes(nowMs: number, send: (link: Link) => void): void {
    if (this.#echoMs <= nowMs) {
      this.#echoMs = Infinity;
      for (const link of this.#byId.values()) {
        if (link.takeEcho(nowMs)) send(link);
        if (link.nextEchoMs < this.#echoMs) this.#echoMs = link.nextEchoMs;
      }
    }
    this.#dueMs = this.#echoMs;
  }
}
