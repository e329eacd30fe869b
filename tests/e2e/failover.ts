/** Killing and freezing relays under load, and what the viewer notices: for the test and for the bench. */
import { until } from "../../cli/fleet.ts";
import { numberedStream } from "./clips.ts";
import type { GapStatus, Pause } from "./gap_sink.ts";
import { TestNet, type Use } from "./net.ts";

/** Two disjoint ways of two relays each; the viewer may attach to either. */
export const DIAMOND = {
  o: ["a1", "b1"],
  a1: ["a2"],
  b1: ["b2"],
  a2: ["b2", "b1"],
  v: ["a2", "b2"],
};
export const STREAM = "o/clip";
const RELAYS = ["a1", "b1", "a2", "b2"];
const GAP_SINK = new URL("./gap_sink.ts", import.meta.url).pathname;
/** A tree that is going to put a relay on its own way has done so by then. */
const OWN_WAY_MS = 25_000;
const STARTS_MAX = 4;
/** A pause belongs to a fault when it ends within this time after it. */
const FAULT_MS = 6000;

/** What one fault cost. */
export interface Cost {
  readonly victim: string;
  /** Longest time without packets as they come in, and as they go out. */
  readonly inputMs: number;
  readonly outputMs: number;
  /** The same in the time before, when nothing was wrong: what this machine does by itself. */
  readonly calmInputMs: number;
  readonly calmOutputMs: number;
  readonly lost: number;
  readonly disordered: number;
}

/** The diamond under load, with a viewer that notes its pauses as they come in and as they go out. */
export class FailoverRig {
  #lost = 0;
  #disordered = 0;
  #calmSinceMs = Date.now();

  constructor(readonly net: TestNet, readonly everywhere: readonly Use[] = []) {}

  /** Starts everything and waits until the viewer receives and has somewhere else to go. */
  async start(bitrate: number): Promise<void> {
    const { net } = this;
    const path = `${net.folder}/source.mpegts`;
    await Deno.writeFile(path, numberedStream(3, 10, bitrate));
    net.bootstrap();
    net.start("o", [
      { use: "origin" },
      { use: "cbr-source", with: { files: [{ path, name: "clip", restamp: false }] } },
      ...this.everywhere,
    ]);
    for (const name of ["a1", "b1"]) net.relay(name, {}, this.everywhere);
    for (const name of ["a2", "b2"]) net.pop(name, {}, this.everywhere);
    await net.ready();
    const session = (id: string, pace: string) => ({
      id,
      stream: STREAM,
      sinks: [id],
      pace,
      budget: "500ms",
    });
    net.viewer(
      "v",
      [session("in", "asap"), session("out", "smooth")],
      [{ use: GAP_SINK, id: "in" }, { use: GAP_SINK, id: "out" }, ...this.everywhere],
    );
    await net.session("v", "to receive", (one) => one.packets > 1000, 30_000);
    await this.settled();
  }

  /** Waits until every relay has a route, the viewer flows, and all who want a standby have one. */
  async settled(): Promise<void> {
    const { net } = this;
    for (const name of RELAYS) await this.#bringBack(name);
    await until("the viewer to flow, with a standby", async () => {
      const sessions = await net.sessions("v");
      const dual = this.everywhere.some((one) => one.use === "path-dual");
      return sessions.every((one) =>
        one.state === "flowing" &&
        (dual ? one.parents?.length === 2 : (one as { standby?: string }).standby !== undefined)
      );
    });
    for (const name of RELAYS) {
      await until(`${name} to flow, if it carries the stream`, async () => {
        const tree = await net.fleet.get(name).ask<{
          subscriptions: readonly { state: string }[];
        }>("/api/v1/tree");
        return tree.subscriptions.every((one) => one.state === "flowing");
      });
    }
    this.#calmSinceMs = Date.now();
    // What was lost on the way here (a machine that starts six nodes is busy) is nobody's death.
    await this.#counted();
  }

  /**
   * Waits until a relay is on its own way: only then are there two. One that has just come back may hang on the other way, and
   * stay there while its own is not cheaper by what the tree moves for: each start draws anew which of them it hears of first.
   */
  async #bringBack(name: string): Promise<void> {
    const { net } = this;
    for (let starts = 0; starts < STARTS_MAX; starts++) {
      if (await this.#onOwnWay(name, OWN_WAY_MS).then(() => true, () => false)) return;
      await net.fleet.get(name).stop();
      await net.restart(name).ready();
    }
    await this.#onOwnWay(name, OWN_WAY_MS);
  }

  /** Waits until a relay has a route of its own from the origin. */
  async #onOwnWay(name: string, withinMs: number): Promise<void> {
    await until(`${name} to be on a way of its own`, async () => {
      const tree = await this.net.fleet.get(name).ask<{
        origins: { routes: { parent: string; path: string[] }[] }[];
      }>("/api/v1/tree");
      const path = tree.origins[0]?.routes[0]?.path ?? [];
      return path.length === (name.endsWith("1") ? 1 : 2);
    }, withinMs);
  }

  /** The relays that the viewer's packets run through now, the nearest one first. */
  async path(): Promise<string[]> {
    const path: string[] = [];
    let at: string | undefined = "v";
    while (at !== undefined && at !== "o") {
      at = await this.net.parentOf(at, STREAM);
      if (at !== undefined && at !== "o") path.push(at);
    }
    return path;
  }

  /** Strikes a relay down and says what it cost once everything flows again; the relay is back by then. */
  async strike(victim: string, signal: "SIGKILL" | "SIGSTOP", waitMs: number): Promise<Cost> {
    const { net } = this;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    const node = net.fleet.get(victim);
    const struckMs = Date.now();
    node.signal(signal);
    const [first] = await net.sessions("v");
    const packets = first?.packets ?? 0;
    await net.session("v", "to go on", (one) => one.packets > packets + 1500, 30_000);
    const calmSinceMs = this.#calmSinceMs;
    const cost = {
      ...await this.#cost(victim, struckMs, calmSinceMs),
      ...await this.#counted(),
    };
    if (signal === "SIGSTOP") {
      node.signal("SIGCONT");
    } else {
      await node.exited;
      await net.restart(victim).ready();
    }
    await this.settled();
    return cost;
  }

  /** Drains a relay by the admin API, waits until it has gone, and starts it again. */
  async drain(victim: string): Promise<Cost> {
    const { net } = this;
    const node = net.fleet.get(victim);
    const struckMs = Date.now();
    const calmSinceMs = this.#calmSinceMs;
    const response = await fetch(`${node.admin}/api/v1/drain`, { method: "POST" });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`Cannot drain ${victim}: ${response.status}`);
    await until(`${victim} to have no children`, async () => {
      if (!node.alive) return true;
      return (await node.ask<unknown[]>("/api/v1/children")).length === 0;
    });
    await node.stop();
    const cost = {
      ...await this.#cost(victim, struckMs, calmSinceMs),
      ...await this.#counted(),
    };
    await net.restart(victim).ready();
    await this.settled();
    return cost;
  }

  async #cost(victim: string, struckMs: number, calmSinceMs: number) {
    const [input, output] = await this.#gaps();
    const worst = (pauses: readonly Pause[], fromMs: number, toMs: number) =>
      pauses.filter(({ endMs }) => endMs > fromMs && endMs <= toMs)
        .reduce((max, { ms }) => Math.max(max, ms), 0);
    return {
      victim,
      inputMs: worst(input.pauses, struckMs, struckMs + FAULT_MS),
      outputMs: worst(output.pauses, struckMs, struckMs + FAULT_MS),
      calmInputMs: worst(input.pauses, calmSinceMs, struckMs),
      calmOutputMs: worst(output.pauses, calmSinceMs, struckMs),
    };
  }

  /** What is lost and out of order since this was asked last. */
  async #counted(): Promise<{ lost: number; disordered: number }> {
    const gaps = await this.#gaps();
    const lost = gaps.reduce((sum, one) => sum + one.lost, 0);
    const disordered = gaps.reduce((sum, one) => sum + one.disordered, 0);
    const since = { lost: lost - this.#lost, disordered: disordered - this.#disordered };
    [this.#lost, this.#disordered] = [lost, disordered];
    return since;
  }

  async #gaps(): Promise<readonly [GapStatus, GapStatus]> {
    const sessions = await this.net.sessions("v");
    const of = (id: string) => {
      const sink = sessions.find((one) => one.session === id)?.sinks[0];
      if (sink === undefined) throw new Error(`Cannot read session ${id}: it is gone`);
      return sink as unknown as GapStatus;
    };
    return [of("in"), of("out")];
  }
}

/** The middle and the greatest of some numbers. */
export function summary(values: readonly number[]): { median: number; worst: number } {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1] ?? 0, worst: sorted.at(-1) ?? 0 };
}
