import assert from "node:assert/strict";
import { MESSAGE_TYPES } from "./control_codec.ts";
import { MESSAGES } from "./messages.ts";

Deno.test("docs/protocol.md lists every message with its number, and no other", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/protocol.md", import.meta.url));
  const listed = [...text.matchAll(/^\| (\d+) +\| ([A-Z_]+) +\|/gm)]
    .map(([, id, type]) => `${type} ${id}`);
  assert.deepEqual(listed, MESSAGE_TYPES.map((type) => `${type} ${MESSAGES[type].id}`));
});
