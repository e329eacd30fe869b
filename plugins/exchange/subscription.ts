/** A local claim on a stream, whichever way the stream comes. */
import { Listeners } from "../../core/listeners.ts";
import type { StreamInfo, Subscription, SubscriptionStatus } from "../../core/slots.ts";
import type { Group } from "./group.ts";

/** The claim. */
export class LocalSubscription implements Subscription {
  readonly #infos = new Listeners<[info: StreamInfo]>();
  readonly #ends = new Listeners();
  #info: StreamInfo | undefined;
  #ended = false;
  #disposed = false;
  #held: Disposable[] = [];
  #group: Group | undefined;

  constructor(
    readonly stream: SubscriptionStatus["stream"],
    readonly session: string,
    readonly onDispose: (subscription: LocalSubscription) => void,
  ) {}

  /** Takes the stream from a group. */
  follow(group: Group): void {
    this.#group = group;
    this.#held = [
      group.onInfo((info) => this.tell(info)),
      group.onEnd(() => this.end()),
    ];
  }

  /** The stream has this number now. */
  tell(info: StreamInfo): void {
    if (this.#disposed || info.ssrc === this.#info?.ssrc) return;
    this.#info = info;
    this.#infos.emit(info);
  }

  end(): void {
    if (this.#ended || this.#disposed) return;
    this.#ended = true;
    this.#ends.emit();
  }

  status(): SubscriptionStatus {
    const { stream, session } = this;
    const none = {
      state: this.#info === undefined ? "idle" : "flowing",
      parents: [],
      delivering: [],
      standby: undefined,
      failovers: 0,
      handovers: 0,
      lastOutageMs: undefined,
    } as const;
    const status = this.#group?.machine.status() ?? none;
    return { ...status, stream, session, ...(this.#ended ? { state: "ended" as const } : {}) };
  }

  onStream(fn: (info: StreamInfo) => void): Disposable {
    const held = this.#infos.on(fn);
    if (this.#info !== undefined) fn(this.#info);
    return held;
  }

  onEnd(fn: () => void): Disposable {
    const held = this.#ends.on(fn);
    if (this.#ended) fn();
    return held;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const one of this.#held.splice(0)) one[Symbol.dispose]();
    this.#infos.clear();
    this.#ends.clear();
    this.onDispose(this);
  }
}
