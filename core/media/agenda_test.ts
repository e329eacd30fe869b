import assert from "node:assert/strict";
import { seededRng } from "../rng.ts";
import { Agenda, type Dated } from "./agenda.ts";

Deno.test("an agenda gives what is due, in order, whatever is moved up or forgotten meanwhile", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const rng = seededRng(seed);
    const below = (limit: number) => Math.floor(rng.next() * limit);
    const agenda = new Agenda<Dated>();
    const all = Array.from({ length: 60 }, (): Dated => ({ deadlineMs: Infinity, place: -1 }));
    const wanted = new Map<Dated, number>();
    const pick = () => all[below(all.length)] ?? { deadlineMs: Infinity, place: -1 };
    for (let step = 0, nowMs = 0; step < 600; step++) {
      const entry = pick();
      const what = below(10);
      if (what < 7) {
        const atMs = nowMs + below(100);
        agenda.soonest(entry, atMs);
        wanted.set(entry, Math.min(atMs, wanted.get(entry) ?? Infinity));
      } else if (what === 7) {
        agenda.remove(entry);
        wanted.delete(entry);
      } else {
        nowMs += below(20);
        const due = [...wanted].filter(([, atMs]) => atMs <= nowMs).sort((a, b) => a[1] - b[1]);
        const got = agenda.takeDue(nowMs);
        assert.deepEqual(new Set(got), new Set(due.map(([one]) => one)));
        assert.deepEqual(got.map((one) => wanted.get(one)), due.map(([, atMs]) => atMs));
        assert.ok(got.every((one) => one.deadlineMs === Infinity && one.place === -1));
        for (const one of got) wanted.delete(one);
      }
      assert.equal(agenda.nextMs, Math.min(Infinity, ...wanted.values()));
    }
  }
});
