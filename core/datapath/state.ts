/** What is needed to go on with another engine where one has died: all orders that still hold. */
import type { Ssrc } from "../ids.ts";
import type {
  EngineCommand,
  LinkId,
  ReceiverEvent,
  ReceiverSpec,
  SocketId,
  StreamLimits,
  StreamPosition,
} from "../media/api.ts";
import type { LinkEntry } from "../media/link_table.ts";
import type { Addr } from "../ports.ts";
import type { CookieJar } from "../wire/cookie.ts";

/** A local receiver as its owner sees it. */
export interface HeldReceiver {
  readonly spec: ReceiverSpec;
  readonly hear: (event: ReceiverEvent) => void;
  /** The first number not yet delivered. */
  next: number | undefined;
  /** Ends it; replaced when another engine takes over. */
  off: () => void;
}

/** A question for a cookie that waits for its answer. */
export interface HeldAsk {
  readonly link: LinkId;
  readonly fresh: boolean;
  readonly done: (cookie: Uint8Array | undefined) => void;
  off: () => void;
}

/** A child that waits to be told its first number. */
export interface HeldChild {
  readonly ssrc: Ssrc;
  readonly link: LinkId;
  readonly from: number | undefined;
  readonly done: (first: number) => void;
}

/** What was ordered about one stream. */
export interface HeldStream {
  limits: StreamLimits;
  originate: number | undefined;
  ended: boolean;
  readonly parents: Map<LinkId, number>;
  readonly children: Set<LinkId>;
}

/** Everything that holds. */
export interface DatapathState {
  readonly jar: CookieJar;
  readonly sockets: ReadonlyMap<SocketId, Addr>;
  readonly links: Iterable<LinkEntry>;
  readonly streams: ReadonlyMap<Ssrc, HeldStream>;
  readonly trips: ReadonlyMap<LinkId, number>;
  /** To be read when the sockets are free: until then they are given what the predecessor has. */
  readonly receivers: Iterable<HeldReceiver>;
  readonly asks: Iterable<HeldAsk>;
  readonly children: Iterable<HeldChild>;
  /** Resolves when the sockets are free. */
  readonly released: Promise<void>;
  position(ssrc: Ssrc): StreamPosition;
}

/** Keeps what commands ordered. */
export class OrderBook {
  readonly streams = new Map<Ssrc, HeldStream>();
  readonly trips = new Map<LinkId, number>();

  note(command: EngineCommand): void {
    switch (command.kind) {
      case "open":
        return this.#open(command.ssrc, command.limits);
      case "close":
        return void this.streams.delete(command.ssrc);
      case "link-rtt":
        return void this.trips.set(command.link, command.rttMs);
      case "close-link":
        return this.forget(command.link);
    }
    const stream = this.streams.get(command.ssrc);
    if (stream === undefined) return;
    switch (command.kind) {
      case "originate":
        stream.originate ??= command.first;
        return;
      case "parent":
        return void stream.parents.set(command.link, command.first);
      case "parent-gone":
        return void stream.parents.delete(command.link);
      case "child-gone":
        return void stream.children.delete(command.link);
      case "end":
        stream.ended = true;
    }
  }

  #open(ssrc: Ssrc, limits: StreamLimits): void {
    const known = this.streams.get(ssrc);
    if (known !== undefined) known.limits = limits;
    else {
      this.streams.set(ssrc, {
        limits,
        originate: undefined,
        ended: false,
        parents: new Map(),
        children: new Set(),
      });
    }
  }

  /** A child was added. */
  child(ssrc: Ssrc, link: LinkId): void {
    this.streams.get(ssrc)?.children.add(link);
  }

  /** The link is gone. */
  forget(link: LinkId): void {
    this.trips.delete(link);
    for (const stream of this.streams.values()) {
      stream.parents.delete(link);
      stream.children.delete(link);
    }
  }

  /** Whether a stream uses this link. */
  isBusy(link: LinkId): boolean {
    for (const stream of this.streams.values()) {
      if (stream.parents.has(link) || stream.children.has(link)) return true;
    }
    return false;
  }

  clear(): void {
    this.streams.clear();
    this.trips.clear();
  }
}
