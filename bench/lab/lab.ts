/**
 * Hosts and bad links on one machine: a network namespace for each host, one TUN device in it, and this
 * process between them with a link model for every ordered pair. It works under any program's real
 * sockets. Linux, root, iproute2.
 *
 * Run in a process of its own (`main.ts` beside this file), so that what it measures does not share its event loop.
 */
import { LinkModel, type LinkSettings } from "../../core/link_model.ts";
import { seededRng } from "../../core/rng.ts";
import { Tun } from "./tun.ts";

/** Bytes and packets of one direction of a link. */
export interface LinkTotals {
  readonly packets: number;
  readonly bytes: number;
  readonly lost: number;
  /** Delivered later than the model says by more than `LATE_MS`: the machine was too busy to emulate. */
  readonly late: number;
}

/** An emulator's timers are 1 ms coarse; more than this late distorts what is measured. */
const LATE_MS = 5;

type Totals = { -readonly [key in keyof LinkTotals]: LinkTotals[key] };

async function ip(...args: string[]): Promise<void> {
  const out = await new Deno.Command("ip", { args, stdin: "null" }).output();
  if (!out.success) {
    throw new Error(`Cannot ip ${args.join(" ")}: ${new TextDecoder().decode(out.stderr).trim()}`);
  }
}

/** One host of the lab. */
interface Host {
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
  readonly tun: Tun;
}

/** Hosts joined by links that can be made bad. */
export class Lab implements AsyncDisposable {
  readonly #hosts: Host[] = [];
  readonly #models = new Map<string, LinkModel>();
  readonly #totals = new Map<string, Totals>();
  readonly #rng;
  readonly #prefix = `esp${Deno.pid % 10_000}`;

  constructor(seed: number) {
    this.#rng = seededRng(seed);
  }

  /** Makes a host; the n-th has the address 10.98.0.n. */
  async addHost(name: string): Promise<void> {
    const number = this.#hosts.length + 1;
    const namespace = `${this.#prefix}-${name}`;
    const address = `10.98.0.${number}`;
    await ip("netns", "add", namespace);
    const tun = new Tun(`${this.#prefix}t${number}`);
    const host: Host = { name, namespace, address, tun };
    this.#hosts.push(host);
    await ip("link", "set", tun.name, "netns", namespace);
    await ip("-n", namespace, "addr", "add", `${address}/24`, "dev", tun.name);
    await ip("-n", namespace, "link", "set", tun.name, "up", "mtu", "1500", "txqueuelen", "2000");
    await ip("-n", namespace, "link", "set", "lo", "up");
    void tun.packets((packet) => this.#route(host, packet));
  }

  address(name: string): string {
    return this.#host(name).address;
  }

  /** Changes one direction of a link from the next packet on. */
  set(from: string, to: string, settings: Partial<LinkSettings>): void {
    this.#model(this.#host(from), this.#host(to)).change(settings);
  }

  /** What one direction of a link carried (as offered to it) since the last `reset`. */
  totals(from: string, to: string): LinkTotals {
    return this.#total(this.#host(from), this.#host(to));
  }

  reset(): void {
    this.#totals.clear();
  }

  /** The argument vector that runs a program in a host. */
  command(host: string, argv: readonly string[]): string[] {
    return ["ip", "netns", "exec", this.#host(host).namespace, ...argv];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#hosts.splice(0)) {
      host.tun.close();
      await ip("netns", "del", host.namespace);
    }
  }

  #host(name: string): Host {
    const host = this.#hosts.find((one) => one.name === name);
    if (host === undefined) throw new Error(`Cannot find host ${name} in the lab`);
    return host;
  }

  #model(from: Host, to: Host): LinkModel {
    const key = `${from.name}>${to.name}`;
    let model = this.#models.get(key);
    if (model === undefined) this.#models.set(key, model = new LinkModel());
    return model;
  }

  #total(from: Host, to: Host): Totals {
    const key = `${from.name}>${to.name}`;
    let total = this.#totals.get(key);
    if (total === undefined) {
      this.#totals.set(key, total = { packets: 0, bytes: 0, lost: 0, late: 0 });
    }
    return total;
  }

  /** IPv4 only: the destination's last byte is the host's number. */
  #route(from: Host, packet: Uint8Array<ArrayBuffer>): void {
    if (packet.length < 20 || (packet[0] ?? 0) >> 4 !== 4) return;
    const to = this.#hosts[(packet[19] ?? 0) - 1];
    if (to === undefined || to === from) return;
    const total = this.#total(from, to);
    total.packets++;
    total.bytes += packet.length;
    const nowMs = performance.now();
    const delays = this.#model(from, to).plan(packet.length, nowMs, this.#rng);
    if (delays.length === 0) total.lost++;
    for (const delayMs of [...delays]) {
      if (delayMs < 0.5) to.tun.write(packet);
      else {
        setTimeout(() => {
          if (performance.now() - nowMs - delayMs > LATE_MS) total.late++;
          to.tun.write(packet);
        }, delayMs);
      }
    }
  }
}
