/**
 * Stateless return-routability cookies: a keyed hash over the address they are given to. Whoever sends
 * one back from that address has received it there, so a forger of source addresses never holds one.
 */
import { createHmac } from "node:crypto";
import { addrKey } from "../ids.ts";
import type { Addr, Rng } from "../ports.ts";

/** Length of a cookie. 64 bits: a guess at line rate (1 M/s) succeeds once in 290,000 years. */
export const COOKIE_BYTES = 8;
/** Addresses whose cookie is remembered so that a busy peer costs no hash; the oldest goes first. */
const CACHE_MAX = 4096;

/** Makes and checks the cookies of one plane of one node. */
export class CookieJar {
  readonly #secret: Uint8Array;
  readonly #scope: string;
  readonly #cache = new Map<string, Uint8Array>();

  /** `scope` keeps a cookie of one plane from being accepted by another. */
  constructor(rng: Pick<Rng, "bytes">, scope: string) {
    this.#secret = rng.bytes(32);
    this.#scope = scope;
  }

  /** The cookie for an address. The caller must not change the bytes. */
  make(addr: Addr): Uint8Array {
    const key = addrKey(addr);
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const digest = createHmac("sha256", this.#secret).update(this.#scope).update("\0").update(key)
      .digest();
    const cookie = new Uint8Array(COOKIE_BYTES);
    cookie.set(digest.subarray(0, COOKIE_BYTES));
    if (this.#cache.size >= CACHE_MAX) {
      const oldest = this.#cache.keys().next();
      if (!oldest.done) this.#cache.delete(oldest.value);
    }
    this.#cache.set(key, cookie);
    return cookie;
  }

  /** Whether `cookie` was made here for exactly this address. Compares in constant time. */
  check(addr: Addr, cookie: Uint8Array): boolean {
    if (cookie.length !== COOKIE_BYTES) return false;
    const expected = this.make(addr);
    let difference = 0;
    for (let i = 0; i < COOKIE_BYTES; i++) difference |= (expected[i] ?? 0) ^ (cookie[i] ?? 0);
    return difference === 0;
  }
}
