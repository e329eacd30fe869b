import assert from "node:assert/strict";
import { seededRng } from "../rng.ts";
import { Gaps, NONE } from "./gaps.ts";

const numbersOf = (gaps: Gaps): number[] => {
  const numbers: number[] = [];
  for (let one = gaps.first; one !== NONE; one = gaps.laterThan(one)) {
    numbers.push(gaps.numberAt(one));
  }
  return numbers;
};

Deno.test("gaps behave as an ordered set would, whatever comes, is given up or comes after all", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const rng = seededRng(seed);
    const below = (limit: number) => Math.floor(rng.next() * limit);
    const gaps = new Gaps(200, 1024);
    const known = new Set<number>();
    let top = below(1e6);
    for (let step = 0; step < 400; step++) {
      const what = below(4);
      if (what === 0) {
        const from = top + 1 + below(5);
        top = from + below(below(8) === 0 ? 150 : 4);
        assert.equal(gaps.open(from, top, 7, step, step + 1), 0);
        for (let number = from; number <= top; number++) known.add(number);
      } else {
        const among = [...known];
        const number = below(4) === 0 ? top + 3 : among[below(among.length)] ?? top + 3;
        const was = known.delete(number);
        if (what === 1) {
          gaps.giveUp(number);
          assert.equal(gaps.takeLost(number), was);
          assert.equal(gaps.takeLost(number), false);
        } else assert.equal(gaps.take(number) !== NONE, was);
      }
      while (known.size > 50) {
        const lowest = Math.min(...known);
        assert.equal(gaps.lowest, lowest);
        known.delete(lowest);
        gaps.giveUp(lowest);
      }
      assert.equal(gaps.size, known.size);
      assert.deepEqual(numbersOf(gaps), [...known].sort((a, b) => a - b));
    }
  }
});

Deno.test("of a hole that is too long only the newest numbers are tracked, and what had no room is told", () => {
  const gaps = new Gaps(100, 256);
  assert.equal(gaps.open(1, 1000, 1, 0, 0), 900);
  assert.deepEqual([gaps.size, gaps.lowest], [100, 901]);
  assert.equal(gaps.open(1002, 1011, 1, 0, 0), 10);
  assert.deepEqual([gaps.size, gaps.lowest], [100, 911]);
});

Deno.test("a number further behind the newest than the ring reaches makes room", () => {
  const gaps = new Gaps(100, 256);
  assert.equal(gaps.open(5, 5, 1, 0, 0), 0);
  assert.equal(gaps.open(5 + 256, 5 + 256, 1, 0, 0), 1);
  assert.deepEqual(numbersOf(gaps), [261]);
  assert.ok(gaps.takeLost(5));
});

Deno.test("what is known of a packet is of that packet, also where the table has grown since", () => {
  const gaps = new Gaps(1000, 1024);
  const known = (place: number) => [
    gaps.numberAt(place),
    gaps.shownBy(place),
    gaps.sinceMs(place),
    gaps.dueMs(place),
    gaps.asks(place),
    gaps.urgent(place),
  ];
  gaps.open(1, 1, 3, 10, 20);
  const first = gaps.first;
  gaps.setAsks(first, 5);
  gaps.setUrgent(first, 2);
  gaps.setDue(first, 25);
  gaps.open(65, 65, 4, 30, 40);
  assert.deepEqual(known(gaps.first), [1, 3, 10, 25, 5, 2]);
  assert.deepEqual(known(gaps.laterThan(gaps.first)), [65, 4, 30, 40, 0, -1]);
  const taken = gaps.take(1);
  assert.deepEqual([gaps.shownBy(taken), gaps.sinceMs(taken)], [3, 10]);
  gaps.open(129, 129, 6, 50, 60);
  assert.equal(gaps.take(1), NONE);
  assert.deepEqual(known(gaps.laterThan(gaps.first)), [129, 6, 50, 60, 0, -1]);
});
