/** Limits on what strangers can make this node send. */
import { TokenBucket } from "../../core/token_bucket.ts";

/** Challenges a second to one address: more than an honest handshake's repeats, few enough to bore. */
const PER_ADDRESS_A_SECOND = 20;
/** Addresses whose bucket is remembered; the oldest goes first, the total still holds. */
const ADDRESSES_MAX = 4096;

/** Decides whether an address gets another challenge: so many for each, so many in total. */
export class ChallengeLimiter {
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #total: TokenBucket;

  constructor(totalPerSecond: number, nowMs: number) {
    this.#total = new TokenBucket(totalPerSecond, totalPerSecond, nowMs);
  }

  /** Addresses remembered just now. */
  get size(): number {
    return this.#buckets.size;
  }

  allows(addressKey: string, nowMs: number): boolean {
    let bucket = this.#buckets.get(addressKey);
    if (bucket === undefined) {
      if (this.#buckets.size >= ADDRESSES_MAX) {
        const oldest = this.#buckets.keys().next();
        if (!oldest.done) this.#buckets.delete(oldest.value);
      }
      bucket = new TokenBucket(PER_ADDRESS_A_SECOND, PER_ADDRESS_A_SECOND, nowMs);
      this.#buckets.set(addressKey, bucket);
    }
    return bucket.take(nowMs) && this.#total.take(nowMs);
  }
}
