/** A source of numbered packets and a sink that checks every one, for whole networks in the seeded world. */
import { z } from "zod";
import { definePlugin } from "../../core/define.ts";
import type { SessionInfo, SinkSession, SourceOutput } from "../../core/slots.ts";

const PACKET = 188;
/** TS packets in one push: one RTP packet. */
const PER_PUSH = 7;

/** Bytes that follow from a packet's number and its stream's life alone. */
export function numberedPush(life: number, number: number): Uint8Array {
  const bytes = new Uint8Array(PER_PUSH * PACKET);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < PER_PUSH; i++) {
    const at = i * PACKET;
    view.setUint8(at, 0x47);
    view.setUint16(at + 1, 0x0100);
    view.setUint8(at + 3, 0x10 | (i & 15));
    view.setUint32(at + 4, life);
    view.setUint32(at + 8, number);
    view.setUint32(at + 12, Math.imul(number ^ life, 0x9e3779b1) >>> 0);
  }
  return bytes;
}

/** Streams of numbered pushes at a steady pace. */
export const simSource = definePlugin({
  name: "sim-source",
  slot: "source",
  summary: "Numbered packets at a steady pace.",
  needs: [],
  config: z.strictObject({
    streams: z.array(z.string()).default(["s"]).describe("Their names."),
    everyMs: z.number().default(25).describe("Between two packets."),
  }),
  create(ctx, { streams, everyMs }) {
    const open = (output: SourceOutput): AsyncDisposable => {
      const life = ctx.clock.wall() >>> 0;
      const beganMs = ctx.clock.now();
      let number = 0;
      let timer: Disposable | undefined;
      const tick = () => {
        while (beganMs + number * everyMs <= ctx.clock.now()) {
          output.push(numberedPush(life, number), beganMs + number * everyMs);
          number++;
        }
        timer = ctx.clock.after(beganMs + number * everyMs - ctx.clock.now(), tick);
      };
      tick();
      return {
        [Symbol.asyncDispose]: () => {
          timer?.[Symbol.dispose]();
          return Promise.resolve();
        },
      };
    };
    return {
      start() {},
      stop() {},
      streams: () =>
        streams.map((name) => ({
          name,
          title: name,
          bitrate: undefined,
          start: "always" as const,
        })),
      onChange: () => ({ [Symbol.dispose]() {} }),
      open: (_name, output) => open(output),
    };
  },
});

/** What a checking sink saw. */
export class Record {
  received = 0;
  lost = 0;
  lastMs = 0;
  /** Longest time between two packets since somebody set it to 0. */
  pauseMs = 0;
  life = -1;
  number = -1;
  /** The number of the first packet of all. */
  firstNumber = -1;
  readonly lives: number[] = [];
  readonly faults: string[] = [];

  constructor(readonly session: string) {}

  /** Checks one payload: its bytes, and that its number grows within its life. */
  take(payload: Uint8Array, lostBefore: number, nowMs: number): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    const [life, number] = [view.getUint32(4), view.getUint32(8)];
    const expected = numberedPush(life, number);
    if (payload.length !== expected.length || payload.some((byte, at) => byte !== expected[at])) {
      this.faults.push(`at ${nowMs}: packet ${number} is not what was sent`);
    }
    if (life !== this.life) {
      if (this.lives.includes(life)) this.faults.push(`at ${nowMs}: an earlier life came back`);
      this.lives.push(life);
      this.life = life;
    } else if (number <= this.number) {
      this.faults.push(`at ${nowMs}: packet ${number} after ${this.number}`);
    } else if (number - this.number - 1 > lostBefore) {
      this.faults.push(
        `at ${nowMs}: ${number - this.number - 1} missing before ${number}, told ${lostBefore}`,
      );
    }
    if (this.received === 0) this.firstNumber = number;
    this.number = number;
    this.received++;
    this.lost += lostBefore;
    if (this.received > 1) this.pauseMs = Math.max(this.pauseMs, nowMs - this.lastMs);
    this.lastMs = nowMs;
  }
}

/** A sink plugin that writes what it sees into `records`, keyed by node and session. */
export function checkingSink(records: Map<string, Record>) {
  return definePlugin({
    name: "sim-sink",
    slot: "sink",
    summary: "Checks order and content.",
    needs: [],
    config: z.strictObject({}),
    create(ctx) {
      const open = ({ session }: SessionInfo): SinkSession => {
        const key = `${ctx.self.name}/${session}`;
        // A viewer that restarts sees the stream anew.
        const record = new Record(key);
        records.set(key, record);
        return {
          push(chunks) {
            for (const { payload, lostBefore } of chunks) {
              record.take(payload, lostBefore, ctx.clock.now());
            }
          },
          onEnd: () => ({ [Symbol.dispose]() {} }),
          close: () => Promise.resolve(),
          status: () => ({}),
        };
      };
      return { pace: "asap" as const, open, start() {}, stop() {} };
    },
  });
}
