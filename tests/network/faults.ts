/** Faults drawn from a seed: what happens to a network between a calm beginning and a calm end. */
import type { LinkSettings } from "../../core/link_model.ts";
import type { Rng } from "../../core/ports.ts";
import type { Network } from "./network.ts";

/** One fault: a name for the log, and what it does. */
interface Fault {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}

/** Wall clocks step by up to this, both ways. */
const CLOCK_JUMP_MS = 3000;
/** A slow node takes up to this long over every packet and timer. */
const SLOW_EVENT_MS = 3;

const pick = <T>(rng: Rng, from: readonly T[]): T => {
  const one = from[Math.floor(rng.next() * from.length)];
  if (one === undefined) throw new Error("Cannot pick from nothing");
  return one;
};

/** Settings of a link that has become bad. */
function badLink(rng: Rng): Partial<LinkSettings> {
  const base = { delayMs: 2 + rng.next() * 40, jitterMs: rng.next() * 10, fifo: rng.next() < 0.5 };
  switch (Math.floor(rng.next() * 6)) {
    case 5:
      return { ...base, rateBits: 1e6 + rng.next() * 3e6, queueMs: 100 };
    case 0:
      return { ...base, lossShare: rng.next() * 0.3 };
    case 1:
      return { ...base, burst: { pGoodToBad: 0.02, pBadToGood: 0.2, lossInBad: 1 } };
    case 2:
      return { ...base, duplicateShare: rng.next() * 0.5 };
    case 3:
      return { ...base, reorderShare: rng.next() * 0.3, reorderExtraMs: 30 };
    default:
      return { ...base, delayMs: 50 + rng.next() * 100 };
  }
}

/** Draws faults for a network and undoes them all at the end. */
export class Faults {
  readonly log: string[] = [];
  readonly #crashed = new Set<string>();
  readonly #frozen = new Set<string>();

  constructor(
    readonly net: Network,
    readonly rng: Rng,
    readonly relays: readonly string[],
    readonly others: readonly string[],
  ) {}

  /** Lets one fault happen now. */
  async strike(): Promise<void> {
    const fault = this.#draw();
    this.log.push(`${this.net.world.nowMs.toFixed(0)} ${fault.name}`);
    await fault.run();
  }

  /** Ends every fault: links are good, everybody runs. */
  async end(): Promise<void> {
    const { world } = this.net;
    this.log.push(`${world.nowMs.toFixed(0)} faults end`);
    world.heal();
    const hosts = [...this.relays, ...this.others];
    for (const name of this.#frozen) world.thaw(name);
    this.#frozen.clear();
    for (const from of hosts) {
      for (const to of hosts) {
        if (from === to) continue;
        world.setLink(from, to, {
          delayMs: 5,
          jitterMs: 1,
          fifo: false,
          lossShare: 0,
          burst: undefined,
          duplicateShare: 0,
          reorderShare: 0,
          rateBits: undefined,
        });
      }
    }
    for (const name of hosts) world.slow(name, 0);
    for (const name of this.#crashed) await this.net.restart(name);
    this.#crashed.clear();
  }

  #draw(): Fault {
    const { rng, net } = this;
    const { world } = net;
    const alive = this.relays.filter((one) => !this.#crashed.has(one) && !this.#frozen.has(one));
    const node = pick(rng, alive.length > 0 ? alive : this.relays);
    const other = pick(rng, [...this.relays, ...this.others]);
    switch (Math.floor(rng.next() * 9)) {
      case 0:
        if (this.#crashed.size >= this.relays.length / 3 || alive.length === 0) break;
        this.#crashed.add(node);
        return { name: `crash ${node}`, run: () => net.crash(node) };
      case 1: {
        const back = [...this.#crashed][0];
        if (back === undefined) break;
        this.#crashed.delete(back);
        return { name: `restart ${back}`, run: () => net.restart(back) };
      }
      case 2:
        if (this.#frozen.size > 0 || alive.length === 0) break;
        this.#frozen.add(node);
        return { name: `freeze ${node}`, run: () => world.freeze(node) };
      case 3: {
        const thawed = [...this.#frozen][0];
        if (thawed === undefined) break;
        this.#frozen.delete(thawed);
        return { name: `thaw ${thawed}`, run: () => world.thaw(thawed) };
      }
      case 4:
        return {
          name: `one-way partition ${node} to ${other}`,
          run: () => void world.partitionOneWay([node], [other]),
        };
      case 5: {
        const byMs = (2 * rng.next() - 1) * CLOCK_JUMP_MS;
        return {
          name: `clock jump ${node} by ${byMs.toFixed(0)} ms`,
          run: () => world.jumpWall(node, byMs),
        };
      }
      case 6: {
        const costMs = rng.next() < 0.5 ? 0 : rng.next() * SLOW_EVENT_MS;
        return { name: `slow ${node} ${costMs.toFixed(2)}`, run: () => world.slow(node, costMs) };
      }
    }
    const settings = badLink(rng);
    return {
      name: `bad link ${node} to ${other} ${JSON.stringify(settings)}`,
      run: () => {
        if (node !== other) world.setLink(node, other, settings);
      },
    };
  }
}
