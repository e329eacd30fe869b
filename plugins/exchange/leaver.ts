/** Says LEAVE until the parent has heard it, also to parents that were left long ago and still send. */
import { addrKey, type Peer, type Ssrc, type StreamName } from "../../core/ids.ts";
import type { LinkId } from "../../core/media/api.ts";
import type { Addr } from "../../core/ports.ts";
import type { Control } from "../../core/slots.ts";

/** What was joined at a parent. */
export interface Joined {
  readonly peer: Peer;
  readonly stream: StreamName;
  readonly session: string;
  /** Where the media came to. */
  readonly media: Addr;
}

/** LEAVEs on their way at once; further ones are said once, best effort. */
const LEAVES_MAX = 256;
/** Former parents remembered; the oldest goes first. */
const FORMER_MAX = 512;
/** How long a LEAVE is repeated; a parent that is dead needs none, a lease ends the rest. */
const LEAVE_MS = 2500;

/** The one who leaves. */
export class Leaver {
  readonly #pending = new Map<string, Disposable>();
  readonly #former = new Map<string, Joined>();

  constructor(readonly control: Control) {}

  get pending(): number {
    return this.#pending.size;
  }

  leave(joined: Joined): void {
    const key = keyOf(joined);
    if (this.#pending.has(key)) return;
    const { peer, stream, session, media } = joined;
    const body = { stream, session, media };
    if (this.#pending.size >= LEAVES_MAX) return this.control.send(peer, "LEAVE", body);
    this.#pending.set(key, { [Symbol.dispose]() {} });
    const request = this.control.request(peer, "LEAVE", body, { timeoutMs: LEAVE_MS }, () => {
      this.#pending.delete(key);
    });
    if (this.#pending.has(key)) this.#pending.set(key, request);
  }

  /** The same parent is asked again: an old LEAVE must not undo it. */
  cancel(joined: Joined): void {
    const key = keyOf(joined);
    this.#pending.get(key)?.[Symbol.dispose]();
    this.#pending.delete(key);
  }

  /** Remembers whom media of this stream on this link was asked from. */
  remember(ssrc: Ssrc, link: LinkId, joined: Joined): void {
    const key = `${ssrc} ${link}`;
    this.#former.delete(key);
    this.#former.set(key, joined);
    if (this.#former.size <= FORMER_MAX) return;
    const oldest = this.#former.keys().next();
    if (!oldest.done) this.#former.delete(oldest.value);
  }

  /** Media comes that nobody wants; false when it is not known from whom. */
  unwanted(ssrc: Ssrc, link: LinkId): boolean {
    const joined = this.#former.get(`${ssrc} ${link}`);
    if (joined !== undefined) this.leave(joined);
    return joined !== undefined;
  }

  stop(): void {
    for (const request of this.#pending.values()) request[Symbol.dispose]();
    this.#pending.clear();
    this.#former.clear();
  }
}

function keyOf({ peer, stream, session, media }: Joined): string {
  return `${peer.name} ${stream} ${session} ${addrKey(media)}`;
}
