import assert from "node:assert/strict";
import type { PickerView } from "../../core/slots.ts";
import { config } from "./config.ts";
import { next } from "./protocol.ts";

const options = config.parse({});

/** A view of 100 pieces: `free` by number, copies growing towards the front. */
function view(more: Partial<PickerView> = {}): PickerView {
  return {
    pieces: 100,
    free: () => true,
    begun: () => false,
    copies: (piece) => 1 + (99 - piece),
    piecesPerSecond: 10,
    heads: [],
    random: () => 0,
    ...more,
  };
}

Deno.test("without a reader the rarest piece comes first", () => {
  assert.equal(next(view(), options), 99);
});

Deno.test("a reader's next piece comes first, many peers to one piece", () => {
  const heads = [{ piece: 10, piecesPerSecond: 2 }];
  assert.equal(next(view({ heads }), options), 10);
  const begun = (piece: number) => piece === 10;
  const free = (piece: number) => piece !== 10;
  assert.equal(next(view({ heads, begun, free }), options), 10);
});

Deno.test("a peer too slow for a deadline is put to a later piece of the window", () => {
  const heads = [{ piece: 10, piecesPerSecond: 2 }];
  const piece = next(view({ heads, piecesPerSecond: 0.025 }), options);
  assert.equal(piece, 14);
});

Deno.test("a reader that waits comes before one that lacks only later pieces, and the newest first", () => {
  const heads = [{ piece: 10, piecesPerSecond: 2 }, { piece: 70, piecesPerSecond: 0 }];
  assert.equal(next(view({ heads }), options), 70);
  const free = (piece: number) => piece !== 70 && piece !== 71;
  assert.equal(next(view({ heads, free }), options), 10);
});

Deno.test("beyond the window the rarest comes first, and nothing is picked that nobody offers", () => {
  const heads = [{ piece: 10, piecesPerSecond: 1 }];
  assert.equal(next(view({ heads, free: (piece) => piece > 30 }), options), 99);
  assert.equal(next(view({ heads, free: () => false }), options), undefined);
});

Deno.test("of equally rare pieces this node's own share comes first", () => {
  const equal = { copies: () => 1, preferred: (piece: number) => piece === 42 };
  assert.equal(next(view(equal), options), 42);
});
