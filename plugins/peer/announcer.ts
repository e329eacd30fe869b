/** What this peer says to the index: everything when a connection stands, changes after that, and renewals. */
import type { NodeName } from "../../core/ids.ts";
import type { Addr, Clock, Log } from "../../core/ports.ts";
import type { FileId, FileShape } from "../../core/swarm/identity.ts";
import type { IndexClient } from "../../core/swarm/index_client.ts";
import { type AnnouncedFile, FILES_PER_MESSAGE } from "../../core/swarm/index_messages.ts";
import type { PieceMap } from "../../core/swarm/piece_map.ts";

/** Changes are gathered this long. */
const GATHER_MS = 300;
/** Renewal before a lease is known. */
const RENEW_MS = 10_000;
const GONE_PER_MESSAGE = 256;

/** A file as it is announced. */
export interface Offer {
  readonly shape: FileShape;
  readonly name: string;
  /** Undefined: every piece. */
  readonly held: PieceMap | undefined;
}

/** What the announcer needs. */
export interface AnnouncerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly client: IndexClient;
  readonly self: { readonly name: NodeName; readonly instance: number };
  readonly at: () => Addr | undefined;
  readonly offers: () => readonly Offer[];
  readonly offer: (id: FileId) => Offer | undefined;
  readonly load: () => number;
}

/** Keeps the index's picture of this peer right. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #dirty = new Set<FileId>();
  #timer: Disposable | undefined;
  #renewMs = RENEW_MS;
  #running = false;
  refused = 0;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = true;
  }

  stop(): void {
    this.#running = false;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  /** A connection stands: the index may know nothing. */
  all(): void {
    this.#dirty.clear();
    this.#say(this.#options.offers().map(announced), [], true);
    this.#arm(this.#renewMs);
  }

  /** Something about a file changed: it came, went, or has more pieces. */
  changed(id: FileId): void {
    const first = this.#dirty.size === 0;
    this.#dirty.add(id);
    if (first) this.#arm(GATHER_MS);
  }

  /** Takes everything back. */
  leave(): void {
    this.#options.client.tell("LEAVE", this.#options.self);
  }

  #arm(ms: number): void {
    this.#timer?.[Symbol.dispose]();
    if (this.#running) this.#timer = this.#options.clock.after(ms, () => this.#flush());
  }

  #flush(): void {
    const gone: FileId[] = [];
    const files: AnnouncedFile[] = [];
    for (const id of this.#dirty) {
      const offer = this.#options.offer(id);
      if (offer === undefined) gone.push(id);
      else files.push(announced(offer));
    }
    this.#dirty.clear();
    this.#say(files, gone, false);
    this.#arm(this.#renewMs);
  }

  #say(files: readonly AnnouncedFile[], gone: readonly FileId[], reset: boolean): void {
    const { client, at } = this.#options;
    const addr = at();
    if (!client.connected || addr === undefined) return;
    const peer = { ...this.#options.self, ...addr };
    const load = this.#options.load();
    const pages = Math.max(
      1,
      Math.ceil(files.length / FILES_PER_MESSAGE),
      Math.ceil(gone.length / GONE_PER_MESSAGE),
    );
    for (let page = 0; page < pages; page++) {
      const body = {
        peer,
        files: files.slice(page * FILES_PER_MESSAGE, (page + 1) * FILES_PER_MESSAGE),
        gone: gone.slice(page * GONE_PER_MESSAGE, (page + 1) * GONE_PER_MESSAGE),
        reset: reset && page === 0,
        load,
      };
      client.ask("ANNOUNCE", body, (answer) => {
        if (typeof answer === "string") return;
        if (answer.type === "ANNOUNCED") {
          this.#renewMs = Math.max(300, answer.body.leaseMs / 3);
          this.refused += answer.body.refused.length;
          if (page === 0 && this.#dirty.size === 0) this.#arm(this.#renewMs);
        } else if (answer.type === "REJECTED") {
          this.#options.log.warn("index refuses the announcement", answer.body);
        }
      });
    }
  }
}

function announced({ shape, name, held }: Offer): AnnouncedFile {
  const { id, sizeBytes: size, pieceBytes: piece } = shape;
  const have = held === undefined || held.complete ? new Uint8Array() : held.bytes();
  return { id, size, piece, name, have };
}
