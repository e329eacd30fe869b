/**
 * Sender and receiver of numbered, time-stamped TS packets: `probe.ts send HOST PORT MBIT SECONDS`,
 * `probe.ts receive HOST PORT IDLE_SECONDS`. The receiver says "heard" when something comes, and prints one JSON
 * line when nothing has come for IDLE_SECONDS.
 */

const PACKET = 188;
const PER_DATAGRAM = 7;
/** Sent before and after the counted part, so that start and end of a path do not count. */
export const GUARD_SECONDS = 3;

/** What the receiver saw of the counted part. */
export interface ProbeResult {
  /** TS packets that were sent in the counted part. */
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly disordered: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Longest time between two arrivals. */
  readonly pauseMs: number;
}

const nowMs = () => performance.timeOrigin + performance.now();

async function send(host: string, port: number, mbit: number, seconds: number): Promise<void> {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: 0 });
  const everyMs = PER_DATAGRAM * PACKET * 8 / (mbit * 1000);
  const packets = (s: number) => Math.round(s * 1000 / everyMs);
  let sent = 0;
  // It runs from its start on, so that paths form; what counts begins when its standard input ends.
  let counted: { readonly from: number; readonly to: number; readonly end: number } | undefined;
  void (async () => {
    for await (const _ of Deno.stdin.readable);
    const from = sent + packets(GUARD_SECONDS);
    const to = from + packets(seconds);
    counted = { from, to, end: to + packets(GUARD_SECONDS) };
  })();
  const began = nowMs();
  for (; sent < (counted?.end ?? Infinity); sent++) {
    const bytes = new Uint8Array(PER_DATAGRAM * PACKET).fill(0xff);
    const view = new DataView(bytes.buffer);
    const waitMs = began + sent * everyMs - nowMs();
    if (waitMs > 0.5) await new Promise((resolve) => setTimeout(resolve, waitMs));
    for (let i = 0; i < PER_DATAGRAM; i++) {
      const at = i * PACKET;
      view.setUint8(at, 0x47);
      view.setUint16(at + 1, 0x0100);
      view.setUint8(at + 3, 0x10 | ((sent * PER_DATAGRAM + i) & 15));
      view.setUint32(at + 4, sent * PER_DATAGRAM + i);
      view.setFloat64(at + 8, nowMs());
      view.setUint32(at + 16, (counted?.from ?? 0) * PER_DATAGRAM);
      view.setUint32(at + 20, (counted?.to ?? 0) * PER_DATAGRAM);
    }
    socket.send(bytes, { transport: "udp", hostname: host, port }).catch(() => {});
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  socket.close();
}

async function receive(host: string, port: number, idleSeconds: number): Promise<ProbeResult> {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: host, port });
  const seen = new Set<number>();
  const latencies: number[] = [];
  let [first, last, highest, duplicated, disordered] = [0, 0, -1, 0, 0];
  let [lastMs, pauseMs] = [0, 0];
  let timer = setTimeout(() => socket.close(), 60_000);
  try {
    for await (const [bytes] of socket) {
      const now = nowMs();
      clearTimeout(timer);
      timer = setTimeout(() => socket.close(), idleSeconds * 1000);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      for (let at = 0; at + PACKET <= bytes.length; at += PACKET) {
        if (view.getUint8(at) !== 0x47 || (view.getUint16(at + 1) & 0x1fff) !== 0x100) continue;
        const number = view.getUint32(at + 4);
        if (highest < 0 && last === 0) {
          console.log("heard");
          highest = 0;
        }
        first = view.getUint32(at + 16);
        last = view.getUint32(at + 20);
        if (number < first || number >= last) continue;
        if (seen.has(number)) duplicated++;
        else {
          seen.add(number);
          latencies.push(now - view.getFloat64(at + 8));
          if (number < highest) disordered++;
          highest = Math.max(highest, number);
        }
        if (lastMs > 0) pauseMs = Math.max(pauseMs, now - lastMs);
        lastMs = now;
      }
    }
  } catch {
    // Closed by the timer.
  }
  latencies.sort((a, b) => a - b);
  const at = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? NaN;
  return {
    sent: last - first,
    received: seen.size,
    lost: last - first - seen.size,
    duplicated,
    disordered,
    latencyMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
    pauseMs,
  };
}

if (import.meta.main) {
  const [mode, host = "", port = "", a = "", b = ""] = Deno.args;
  if (mode === "send") await send(host, Number(port), Number(a), Number(b));
  else console.log(JSON.stringify(await receive(host, Number(port), Number(a))));
}
