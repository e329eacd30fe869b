/** Addresses as Deno wants them, made once for each address instead of once for each packet. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { addrKey } from "../ids.ts";
import type { Addr } from "../ports.ts";

/** Addresses kept; a flood of forged sources empties the book and it fills anew with the live ones. */
const MAX_ADDRESSES = 4096;
/** Names resolved at the same time or remembered. */
const MAX_NAMES = 256;
/** How long a name's address is used before it is asked for again, as resolvers commonly cache. */
const NAME_TTL_MS = 60_000;
/** How long a name that has no address is left alone. */
const NAME_RETRY_MS = 5_000;
/** Datagrams that wait for one name. */
const MAX_HELD = 64;

/** One address in both forms. */
export interface AddrEntry {
  readonly addr: Addr;
  readonly net: Deno.NetAddr;
  /** Whether the program may send there; asked once, when somebody sends there first. */
  permitted: boolean | undefined;
}

/** IPv4 in IPv6 clothes, as a socket bound to `::` sees IPv4 senders, back to IPv4. */
function plainHost(hostname: string): string {
  return hostname.startsWith("::ffff:") && hostname.includes(".") ? hostname.slice(7) : hostname;
}

/** Whether the program may send to, dial or listen on an address, without a question to the user. */
export function netPermitted(addr: Addr): boolean {
  return Deno.permissions.querySync({ name: "net", host: addrKey(addr) }).state === "granted";
}

/** Interned addresses; the same host and port give the same `Addr` object. */
export class AddrBook {
  #hosts = new Map<string, Map<number, AddrEntry>>();
  #size = 0;

  /** The entry for an address that was used before; a name never is one. */
  known(host: string, port: number): AddrEntry | undefined {
    return this.#hosts.get(host)?.get(port);
  }

  /** The entry for a literal address. */
  entry(host: string, port: number): AddrEntry {
    return this.#hosts.get(host)?.get(port) ?? this.#add(host, port);
  }

  #add(host: string, port: number): AddrEntry {
    if (this.#size >= MAX_ADDRESSES) {
      this.#hosts = new Map();
      this.#size = 0;
    }
    const entry: AddrEntry = {
      addr: { host: plainHost(host), port },
      net: { transport: "udp", hostname: host, port },
      permitted: undefined,
    };
    const ports = this.#hosts.get(host) ?? new Map<number, AddrEntry>();
    ports.set(port, entry);
    this.#hosts.set(host, ports);
    this.#size += 1;
    return entry;
  }
}

/** Which address families a socket can send to: 4, 6, or 0 for both. */
export type Family = 0 | 4 | 6;

/** The families that a socket bound to `hostname` reaches. */
export function familyOf(hostname: string): Family {
  if (!hostname.includes(":")) return 4;
  return hostname === "::" ? 0 : 6;
}

interface Name {
  address: string | undefined;
  askAgainMs: number;
  asking: boolean;
  readonly held: (() => void)[];
}

/** Host names of one family, resolved in the background, never once per packet. */
export class Names {
  readonly #names = new Map<string, Name>();
  readonly #family: Family;
  readonly #onFailure: (host: string) => void;

  constructor(family: Family, onFailure: (host: string) => void) {
    this.#family = family;
    this.#onFailure = onFailure;
  }

  /** The address of a name, or undefined while it is not known. An aged address is used while it is renewed. */
  resolve(host: string, nowMs: number): string | undefined {
    if (isIP(host) !== 0) return host;
    let name = this.#names.get(host);
    if (name === undefined) {
      if (this.#names.size >= MAX_NAMES) this.#forgetOldest();
      name = { address: undefined, askAgainMs: 0, asking: false, held: [] };
      this.#names.set(host, name);
    }
    if (!name.asking && nowMs >= name.askAgainMs) void this.#ask(host, name);
    return name.address;
  }

  /** Runs `fn` when the name is resolved; false when too many wait already or it has no address. */
  hold(host: string, fn: () => void): boolean {
    const name = this.#names.get(host);
    if (name === undefined || !name.asking || name.held.length >= MAX_HELD) return false;
    name.held.push(fn);
    return true;
  }

  async #ask(host: string, name: Name): Promise<void> {
    name.asking = true;
    try {
      name.address = (await lookup(host, { family: this.#family })).address;
      name.askAgainMs = performance.now() + NAME_TTL_MS;
    } catch {
      name.askAgainMs = performance.now() + NAME_RETRY_MS;
      this.#onFailure(host);
    }
    name.asking = false;
    for (const fn of name.held.splice(0)) fn();
  }

  #forgetOldest(): void {
    const oldest = this.#names.keys().next();
    if (!oldest.done) this.#names.delete(oldest.value);
  }
}
