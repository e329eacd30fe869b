/** Peers that do not keep the rules, as processes over TCP: downloads complete all the same, and liars are named. */
import assert from "node:assert/strict";
import { until } from "../../cli/fleet.ts";
import { VICES } from "../tools/swarm_liar.ts";
import { sameBytes } from "./clips.ts";
import { type TestNet, withNet } from "./net.ts";
import { noise, SwarmNet } from "./swarm_net.ts";

const LIAR = new URL("./swarm_liar_main.ts", import.meta.url).pathname;
const PIECE_BYTES = 65_536;
/** What each vice is called by those who find it. */
const FOUND = {
  "wrong-bytes": "wrong-bytes",
  "sometimes-wrong": "wrong-bytes",
  "wrong-layer": "wrong-layer",
  "no-pieces": "false-claims",
  silent: "stalled",
  flood: "flood",
} as const;

const fileOf = (vice: string) => `${vice}.bin`;

/** One process for each vice, each with a file of its own, until disposed. */
async function startLiars(net: TestNet, index: string, files: ReadonlyMap<string, Uint8Array>) {
  const folder = `${net.folder}/lies`;
  Deno.mkdirSync(folder);
  const children = VICES.map((vice) => {
    const path = `${folder}/${fileOf(vice)}`;
    Deno.writeFileSync(path, files.get(vice) ?? new Uint8Array());
    const args = ["run", "-A", LIAR, index, `liar-${vice}`, path, String(PIECE_BYTES), vice];
    return new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "inherit" }).spawn();
  });
  // The first word of each: it listens.
  const readers = children.map((child) => child.stdout.getReader());
  await Promise.all(readers.map((reader) => reader.read()));
  return {
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(children.map((child) => child.status));
      await Promise.all(readers.map((reader) => reader.cancel()));
    },
  };
}

Deno.test("liars, those who claim what they lack, who stall and who flood are named, and every download completes", async () => {
  await withNet({}, async (net) => {
    const swarm = new SwarmNet(net);
    const index = swarm.startIndex();
    await index.ready();
    const files = new Map(VICES.map((vice, i) => [vice as string, noise(3_000_000, i + 1)]));
    const shared = (vices: readonly string[]) =>
      Object.fromEntries(vices.map((vice) => [fileOf(vice), files.get(vice) ?? new Uint8Array()]));
    const honest = { pieceSize: "64KiB", uploadRate: "16Mbit/s" };
    // A layer is asked of one peer only: this file's honest seeder comes when the liar has been asked.
    const late = "wrong-layer";
    swarm.seeder("seed", shared(VICES.filter((vice) => vice !== late)), honest);
    await net.ready();
    await until("seed shares", async () => (await swarm.status("seed")).shared === 5);
    await using _liars = await startLiars(net, swarm.index, files);
    swarm.peer("leech", { get: VICES.map(fileOf), requestTimeout: "1s" });
    await until(
      "the wrong layer is found out",
      async () => (await swarm.status("leech")).banned.some(({ name }) => name === `liar-${late}`),
    );
    swarm.seeder("late", shared([late]), honest);
    const folder = `${swarm.folder("leech-down")}`;
    for (const [vice, bytes] of files) {
      const path = `${folder}/${fileOf(vice)}`;
      await until(`${fileOf(vice)} is complete`, () => {
        try {
          return Deno.statSync(path).size === bytes.length;
        } catch {
          return false;
        }
      }, 40_000);
      assert.equal(sameBytes(Deno.readFileSync(path), bytes), undefined);
    }
    const named = (await swarm.status("leech")).banned.map(({ name, why }) => [name, why]).sort();
    assert.deepEqual(named, VICES.map((vice) => [`liar-${vice}`, FOUND[vice]]).sort());
    for (const vice of VICES) {
      await until(
        `the index hears of liar-${vice}`,
        () =>
          index.log.some((line) =>
            line.includes('"peer reported"') && line.includes(`"name":"liar-${vice}"`)
          ),
      );
    }
  });
});
