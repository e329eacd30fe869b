import assert from "node:assert/strict";
import fc from "fast-check";
import type { NodeName } from "../../core/ids.ts";
import { mostDisjoint, sharedNodes } from "../../core/paths.ts";
import type { Candidate } from "../../core/slots.ts";
import { singlePath } from "./protocol.ts";

function candidate(...path: readonly string[]): Candidate {
  const name = (path.at(-1) ?? "x") as NodeName;
  const at = (port: number) => ({ host: name, port });
  return {
    peer: {
      name,
      instance: 1,
      roles: ["relay"],
      pop: false,
      control: at(1),
      keepalive: at(2),
      media: at(3),
    },
    cost: 1,
    path: path as NodeName[],
  };
}

Deno.test("the first candidate is the parent, the next disjoint one the standby", () => {
  const list = [candidate("o", "x", "a"), candidate("o", "x", "b"), candidate("o", "c")];
  const { parents, standby } = singlePath.choose(list, []);
  assert.deepEqual(parents.map((one) => one.peer.name), ["a"]);
  assert.equal(standby?.peer.name, "c");
});

Deno.test("without a disjoint candidate the next one is the standby", () => {
  const list = [candidate("o", "x", "a"), candidate("o", "x", "b")];
  assert.equal(singlePath.choose(list, []).standby?.peer.name, "b");
  assert.equal(singlePath.choose(list.slice(0, 1), []).standby, undefined);
  assert.deepEqual(singlePath.choose([], []), { parents: [], standby: undefined });
});

Deno.test("the origin itself is on no relay's account", () => {
  assert.equal(sharedNodes(candidate("o"), candidate("o", "a")), 0);
  assert.equal(sharedNodes(candidate("o", "a"), candidate("o", "a", "b")), 1);
  // A POP of which only the name is known.
  assert.equal(sharedNodes({ ...candidate("p"), path: [] }, candidate("o", "p")), 1);
});

Deno.test("of any candidates the parent is the first and the standby another one", () => {
  const name = fc.constantFrom("a", "b", "c", "d", "e", "f");
  const paths = fc.uniqueArray(
    fc.tuple(fc.uniqueArray(name, { maxLength: 3 }), name),
    { selector: ([, last]) => last, maxLength: 6 },
  );
  fc.assert(fc.property(paths, (drawn) => {
    const list = drawn.map(([middle, last]) =>
      candidate("o", ...middle.filter((one) => one !== last), last)
    );
    const { parents, standby } = singlePath.choose(list, []);
    assert.deepEqual(parents, list.slice(0, 1));
    assert.equal(standby === undefined, list.length < 2);
    assert.ok(standby === undefined || !parents.includes(standby));
    const [first, ...others] = list;
    if (first === undefined || others.length === 0) return;
    const best = mostDisjoint([first], others);
    assert.ok(best !== undefined);
    const least = Math.min(...others.map((one) => sharedNodes(first, one)));
    assert.equal(sharedNodes(first, best), least);
  }));
});
