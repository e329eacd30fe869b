/** A small network of real processes with a stream that plays, to be watched and steered. */
import assert from "node:assert/strict";
import { connect } from "../../client/mod.ts";
import type { TestNet } from "./net.ts";

/** The stream that plays. */
export const STREAM = "o/test";
/** 2 Mbit/s of numbered packets, without any program but our own. */
const source = {
  use: "./source.ts",
  id: "feed",
};

/** A source of numbered packets, as a user's own plugin. */
const SOURCE = `
export default ({ definePlugin, z }) => definePlugin({
  name: "feed", slot: "source", summary: "Numbered packets.", needs: [],
  config: z.strictObject({ every: z.number().default(10).describe("Milliseconds.") }),
  create(ctx, { every }) {
    const open = new Set();
    return {
      streams: () => [{ name: "test", title: "Test", bitrate: 1_000_000, start: "always" }],
      onChange: () => ({ [Symbol.dispose]() {} }),
      start() {},
      stop() { for (const one of open) one[Symbol.dispose](); open.clear(); },
      open(_name, output) {
        let n = 0, timer;
        const packet = () => {
          const ts = new Uint8Array(7 * 188);
          for (let at = 0; at < ts.length; at += 188) { ts[at] = 0x47; ts[at + 1] = 0x1f; ts[at + 2] = 0xff; ts[at + 3] = 0x10; }
          new DataView(ts.buffer).setUint32(4, n++);
          output.push(ts, ctx.clock.now());
          timer = ctx.clock.after(every, packet);
        };
        packet();
        const held = { [Symbol.dispose]: () => timer[Symbol.dispose]() };
        open.add(held);
        return { [Symbol.asyncDispose]: async () => { open.delete(held); held[Symbol.dispose](); } };
      },
    };
  },
});
`;

/** Whether a recording holds packets without a gap; gives how many. */
export function wholePackets(file: string): number {
  const bytes = Deno.readFileSync(file);
  assert.equal(bytes.length % (7 * 188), 0, "whole packets");
  const view = new DataView(bytes.buffer);
  const count = bytes.length / (7 * 188);
  const numbers = Array.from({ length: count }, (_, i) => view.getUint32(i * 7 * 188 + 4));
  numbers.forEach((number, i) => assert.equal(number, (numbers[0] ?? 0) + i, `packet ${i}`));
  return count;
}

/** Bootstrapper, origin, relay as POP, and a viewer that records, playing. */
export async function playing(net: TestNet) {
  Deno.writeTextFileSync(`${net.folder}/source.ts`, SOURCE);
  net.bootstrap();
  net.origin("o", [source]);
  net.pop("r");
  const recording = `${net.folder}/whole.ts`;
  net.viewer("v", [{ stream: STREAM, id: "s", sinks: ["whole"] }], [
    { use: "file-sink", id: "whole", with: { path: recording } },
  ]);
  await net.ready();
  await net.session("v", "plays", (one) => one.packets > 50);
  const [o, r, v] = ["o", "r", "v"].map((name) => connect(net.fleet.get(name).admin));
  assert.ok(o && r && v);
  return { o, r, v, recording };
}
