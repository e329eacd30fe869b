import assert from "node:assert/strict";
import fc from "fast-check";
import type { SeenNode } from "../../core/observe.ts";
import { waysOf } from "./budget.ts";
import { layout, SIZES } from "./layout.ts";
import { labelsOf } from "./lines.ts";

type Stream = SeenNode["streams"][number];

function node(name: string, more: Partial<SeenNode> = {}): SeenNode {
  return {
    name: name as SeenNode["name"],
    roles: ["relay"],
    ...{ instance: 1, pop: false, host: "h", ports: { control: 1, keepalive: 2, media: 3 } },
    ...{ version: "1", uptimeMs: 1, cpu: 0, memoryBytes: 0, rateIn: 0, rateOut: 0, loss: 0 },
    ...{ repaired: 0, lost: 0, sessions: 0, children: 0, maxChildren: 0, closed: false },
    ...{ waitMs: 0, links: [], streams: [], cut: 0, state: "here", ageMs: 0 },
    ...more,
  };
}

function links(...names: string[]): SeenNode["links"] {
  return names.map((name) => ({
    name: name as SeenNode["name"],
    control: { host: name, port: 1 },
    ...{ state: "up", rttMs: 4, lossIn: 0, lossOut: 0 },
  }));
}

function stream(parents: readonly string[], more: Partial<Stream> = {}): Stream {
  return {
    name: "o/s" as Stream["name"],
    state: "flowing",
    parents: parents as Stream["parents"],
    standby: undefined,
    ...{ rateIn: 0, rateOut: 0, loss: 0, repaired: 0, lost: 0, hopRttMs: undefined },
    ...{ repairMs: 0, bufferMs: 0, children: 0, sessions: 0, failovers: 0, handovers: 0 },
    ...more,
  };
}

const origin = node("o", {
  roles: ["origin"],
  waitMs: 0.5,
  links: links("r"),
  streams: [stream([], { state: "source" })],
});

Deno.test("the delay budget adds half a round trip a hop, each node's wait, repairs and the sink's buffer", () => {
  const relay = node("r", { waitMs: 1, links: links("o", "v"), streams: [stream(["o"])] });
  const viewer = node("v", {
    roles: ["viewer"],
    waitMs: 2,
    streams: [
      stream(["r"], { hopRttMs: 10, bufferMs: 500, sessions: 1, loss: 0.1, repairMs: 40 }),
    ],
  });
  const [way] = waysOf("o/s", [origin, relay, viewer]);
  assert.deepEqual(way?.path, ["o", "r", "v"]);
  assert.equal(way.totalMs, 0.5 + 2 + 1 + 5 + 2 + 4 + 500);
  assert.ok(way.complete);
});

Deno.test("a circle of parents, seen at two moments, is no way", () => {
  const a = node("a", { streams: [stream(["b"], { sessions: 1 })] });
  const b = node("b", { streams: [stream(["a"])] });
  assert.deepEqual(waysOf("o/s", [a, b]), []);
});

Deno.test("nodes stand in columns by their hop, and a silent one hangs by a link that is down", () => {
  const relay = node("r", { links: links("o"), streams: [stream(["o"])] });
  const dead = node("x", { state: "silent", ageMs: 4000, streams: [stream(["r"])] });
  const viewer = node("v", { roles: ["viewer"], links: links("r", "x"), streams: [stream(["r"])] });
  const picture = layout([viewer, dead, relay, { ...origin, links: links("r", "x") }], "o/s", 1200);
  const hops = new Map(picture.nodes.map((one) => [one.node.name as string, one.hop]));
  assert.deepEqual([hops.get("o"), hops.get("r"), hops.get("v")], [0, 1, 2]);
  assert.equal(picture.detail, "cards");
  const bold = picture.lines.filter((line) => line.kind === "tree");
  assert.deepEqual(bold.map(({ from, to }) => `${from} ${to}`).sort(), ["o r", "r v"]);
  const toDead = picture.lines.filter((line) => line.from === "x" || line.to === "x");
  assert.ok(toDead.length > 0 && toDead.every((line) => line.health === "down"));
});

Deno.test("whatever the network and the width, every node is drawn once and nothing covers anything", () => {
  const networks = fc.integer({ min: 1, max: 70 }).chain((size) =>
    fc.tuple(
      fc.array(
        fc.record({
          parent: fc.nat({ max: size }),
          near: fc.array(fc.nat({ max: size }), { maxLength: 4 }),
          silent: fc.boolean(),
          role: fc.constantFrom("origin", "relay", "viewer", "peer"),
        }),
        { minLength: size, maxLength: size },
      ),
      fc.integer({ min: 300, max: 1500 }),
    )
  );
  fc.assert(
    fc.property(networks, ([given, width]) => {
      const nodes = given.map(({ parent, near, silent, role }, at) =>
        node(`n${at}`, {
          roles: [role],
          state: silent ? "silent" : "here",
          links: links(...near.map((to) => `n${to}`)),
          streams: [stream([`n${parent}`])],
        })
      );
      const picture = layout(nodes, undefined, width);
      assert.equal(picture.nodes.length, nodes.length);
      const size = SIZES[picture.detail];
      const boxes: { x: number; y: number; w: number; h: number }[] = picture.nodes.map((
        { x, y },
      ) => ({ x, y, w: size.width, h: size.height }));
      const at = new Map(picture.nodes.map(({ node, x, y }) => [node.name as string, { x, y }]));
      for (const { x, y, text } of labelsOf(picture, at)) {
        boxes.push({ x, y, w: text.length * 5.9, h: 12 });
      }
      boxes.forEach((a, index) => {
        assert.ok(a.x - a.w / 2 >= 0 && a.x + a.w / 2 <= picture.width, "within the picture");
        assert.ok(a.y - a.h / 2 >= 0 && a.y + a.h / 2 <= picture.height, "within the picture");
        for (const b of boxes.slice(index + 1)) {
          const apart = Math.abs(a.x - b.x) * 2 >= a.w + b.w ||
            Math.abs(a.y - b.y) * 2 >= a.h + b.h;
          assert.ok(apart, "nothing covers anything");
        }
      });
    }),
    { numRuns: 150 },
  );
});
