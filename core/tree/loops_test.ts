import assert from "node:assert/strict";
import fc from "fast-check";
import { ORIGIN, Rig, type RigLink } from "./rig.ts";

/** A random connected graph of `size` nodes. */
function randomRig(seed: number, size: number): Rig {
  const rig = new Rig(seed);
  const { rng } = rig;
  const links = new Set<string>();
  const name = (i: number): string => i === 0 ? ORIGIN : `n${i}`;
  const join = (i: number, j: number): void => {
    const latencyMs = 1 + Math.floor(40 * rng.next());
    const key = i < j ? `${name(i)}-${name(j)}` : `${name(j)}-${name(i)}`;
    if (i !== j && ![...links].some((one) => one.startsWith(`${key}:`))) {
      links.add(`${key}:${latencyMs}`);
    }
  };
  for (let i = 1; i < size; i++) join(i, Math.floor(rng.next() * i));
  for (let i = 0; i < size; i++) join(i, Math.floor(rng.next() * size));
  rig.build([...links]);
  return rig;
}

/** Something bad, or its end. */
function disturb(rig: Rig, link: RigLink, name: string): void {
  const kind = rig.rng.next();
  if (kind < 0.3) rig.lower(link);
  else if (kind < 0.6) rig.raise(link);
  else if (kind < 0.7) link.lossShare = 0.6 * rig.rng.next();
  else if (kind < 0.8) link.jitterMs = 200 * rig.rng.next();
  else if (kind < 0.9) link.latencyMs = 1 + 60 * rig.rng.next();
  else if (name !== ORIGIN && rig.node(name).alive) rig.crash(name, 800);
}

Deno.test("whatever is lost, late, reordered, cut or restarted, parents never form a loop", () => {
  let changes = 0;
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 3, max: 14 }), (seed, size) => {
      const rig = randomRig(seed, size);
      rig.onParent = (name) => {
        changes++;
        rig.chain(name);
      };
      rig.run(500);
      for (let i = 0; i < 80; i++) {
        const link = rig.links[Math.floor(rig.rng.next() * rig.links.length)];
        const name = rig.names[Math.floor(rig.rng.next() * rig.names.length)];
        if (link === undefined || name === undefined) continue;
        disturb(rig, link, name);
        rig.run(300 * rig.rng.next());
        for (const one of rig.names) {
          if (rig.node(one).alive || rig.rng.next() < 0.95) continue;
          // Deaths are found before the next life: keepalive sees to it.
          rig.run(800);
          rig.restart(one);
        }
      }
      for (const link of rig.links) {
        link.lossShare = 0;
        link.jitterMs = 0;
      }
      for (const one of rig.names) if (!rig.node(one).alive) rig.crash(one);
      rig.run(1000);
      for (const one of rig.names) if (!rig.node(one).alive) rig.restart(one);
      for (const link of rig.links) rig.raise(link);
      rig.run(20_000);
      for (const one of rig.names) {
        assert.equal(rig.chain(one).at(-1), ORIGIN, `seed ${seed}: ${one} has no way`);
      }
    }),
    { numRuns: 60 },
  );
  assert.ok(changes > 100);
});
