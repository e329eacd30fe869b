/** A local claim on a stream, whichever way the stream comes. */
import type { StreamInfo, Subscription, SubscriptionStatus } from "../../core/slots.ts";
import type { Group } from "./group.ts";

/** The claim. */
export class LocalSubscription implements Subscription {
  readonly #infoFns = new Set<(info: StreamInfo) => void>();
  readonly #endFns = new Set<() => void>();
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
    for (const fn of [...this.#infoFns]) fn(info);
  }

  end(): void {
    if (this.#ended || this.#disposed) return;
    this.#ended = true;
    for (const fn of [...this.#endFns]) fn();
  }

  status(): SubscriptionStatus {
    const { stream, session } = this;
    const none = {
      state: this.#info === undefined ? "idle" : "flowing",
      parents: [],
      standby: undefined,
      failovers: 0,
      handovers: 0,
      lastOutageMs: undefined,
    } as const;
    const status = this.#group?.machine.status() ?? none;
    return { ...status, stream, session, ...(this.#ended ? { state: "ended" as const } : {}) };
  }

  onStream(fn: (info: StreamInfo) => void): Disposable {
    this.#infoFns.add(fn);
    if (this.#info !== undefined) fn(this.#info);
    return { [Symbol.dispose]: () => void this.#infoFns.delete(fn) };
  }

  onEnd(fn: () => void): Disposable {
    this.#endFns.add(fn);
    if (this.#ended) fn();
    return { [Symbol.dispose]: () => void this.#endFns.delete(fn) };
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const one of this.#held.splice(0)) one[Symbol.dispose]();
    this.#infoFns.clear();
    this.#endFns.clear();
    this.onDispose(this);
  }
}
