import assert from "node:assert/strict";
import type { NodeName } from "../../core/ids.ts";
import type { Candidate } from "../../core/slots.ts";
import { dualPath } from "./protocol.ts";

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

const names = (list: readonly Candidate[]) => list.map((one) => one.peer.name);

Deno.test("two parents on different paths are held, the standby avoids both", () => {
  const list = [
    candidate("o", "x", "a"),
    candidate("o", "x", "b"),
    candidate("o", "y", "c"),
    candidate("o", "z", "d"),
  ];
  const { parents, standby } = dualPath.choose(list, []);
  assert.deepEqual(names(parents), ["a", "c"]);
  assert.equal(standby?.peer.name, "d");
});

Deno.test("of two equally good second parents the one in use stays", () => {
  const list = [candidate("o", "a"), candidate("o", "b"), candidate("o", "c")];
  assert.deepEqual(names(dualPath.choose(list, []).parents), ["a", "b"]);
  assert.deepEqual(names(dualPath.choose(list, ["a", "c"] as NodeName[]).parents), ["a", "c"]);
});

Deno.test("a second parent on a better path replaces the one in use", () => {
  const list = [candidate("o", "x", "a"), candidate("o", "x", "b"), candidate("o", "c")];
  const { parents } = dualPath.choose(list, ["a", "b"] as NodeName[]);
  assert.deepEqual(names(parents), ["a", "c"]);
});

Deno.test("one candidate is one parent, none is none", () => {
  const one = candidate("o", "a");
  assert.deepEqual(dualPath.choose([one], []), { parents: [one], standby: undefined });
  assert.deepEqual(dualPath.choose([], []), { parents: [], standby: undefined });
});
