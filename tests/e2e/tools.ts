/** Other people's tools beside nodes: started, fed with numbered packets over UDP, heard, ended. */
import { freeBase, until } from "../../cli/fleet.ts";
import { testPorts } from "../../core/host/testing.ts";
import type { UdpSocket } from "../../core/ports.ts";
import { packetOffset, sameBytes } from "./clips.ts";
import { joined } from "./rist_rig.ts";

const LOOPBACK = "127.0.0.1";
const DATAGRAM_BYTES = 1316;
const LOG_CHARS = 20_000;
/** A default receive buffer holds about 90 datagrams. */
const BURST_BYTES = 30 * DATAGRAM_BYTES;

/** A null packet, seven times: what is sent before and after the stream that counts. */
const NULLS = new Uint8Array(DATAGRAM_BYTES).fill(0xff);
for (let at = 0; at < NULLS.length; at += 188) NULLS.set([0x47, 0x1f, 0xff, 0x10], at);

let nextBase = 20_000 + Math.floor(Math.random() * 10_000) * 2;

/** An even port of which this many following ones are free, too. */
export function evenPorts(count: number): number {
  const offsets = Array.from({ length: count }, (_, at) => at);
  const base = freeBase(offsets, nextBase, 2);
  nextBase = base + count + count % 2;
  return base;
}

/** A program that runs until it is disposed. What it printed last is kept. */
export class Tool implements AsyncDisposable {
  log = "";
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;
  #alive = true;

  constructor(readonly program: string, args: readonly string[], env: Record<string, string> = {}) {
    this.#child = new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env,
    }).spawn();
    void this.#child.status.then(() => this.#alive = false);
    this.#reading = Promise.all([this.#read(this.#child.stdout), this.#read(this.#child.stderr)]);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      this.log = (this.log + decoder.decode(bytes, { stream: true })).slice(-LOG_CHARS);
    }
  }

  /** Waits until it has printed something. */
  async printed(pattern: RegExp, withinMs = 15_000): Promise<void> {
    await until(`${this.program} to print ${pattern}`, () => pattern.test(this.log), withinMs);
  }

  /** Ends it by a signal and waits; SIGINT lets it finish its output. */
  async end(signal: Deno.Signal = "SIGINT", graceMs = 5000): Promise<void> {
    if (this.#alive) this.#kill(signal);
    const timer = setTimeout(() => this.#kill("SIGKILL"), graceMs);
    await this.#child.status;
    clearTimeout(timer);
    await this.#reading;
  }

  #kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // It ended between the check and the signal.
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end("SIGTERM", 1000);
  }
}

/** Hears datagrams at a loopback port, with a receive buffer that bridges a busy machine's pauses. */
export class Ear implements AsyncDisposable {
  readonly pieces: Uint8Array[] = [];

  private constructor(readonly socket: UdpSocket) {
    socket.onPacket((_from, bytes) => void this.pieces.push(bytes));
  }

  static async at(port: number): Promise<Ear> {
    return new Ear(await testPorts().net.udp({ host: LOOPBACK, port }, { plane: "sink" }));
  }

  get port(): number {
    return this.socket.local.port;
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.socket[Symbol.asyncDispose]();
  }
}

/** Sends packets at a constant rate: null packets, and the stream once it is told to. */
export class Feeder implements AsyncDisposable {
  #stream: Uint8Array = new Uint8Array(0);
  #at = 0;
  #sentBytes = 0;
  #running = true;
  readonly #loop: Promise<void>;

  constructor(
    readonly bitrate: number,
    readonly send: (bytes: Uint8Array, dueMs: number) => void | Promise<unknown>,
    readonly close: () => void = () => {},
  ) {
    this.#loop = this.#run();
  }

  /** A feeder that sends to a loopback port. */
  static toPort(port: number, bitrate: number): Feeder {
    const socket = Deno.listenDatagram({ transport: "udp", hostname: LOOPBACK, port: 0 });
    const to: Deno.NetAddr = { transport: "udp", hostname: LOOPBACK, port };
    return new Feeder(
      bitrate,
      (bytes) => socket.send(bytes, to).catch(() => 0),
      () => socket.close(),
    );
  }

  async #run(): Promise<void> {
    let startMs = performance.now();
    const bytesPerMs = this.bitrate / 8000;
    while (this.#running) {
      // What a pause of this machine has held up is not made good: no tool's buffer takes such a burst.
      startMs = Math.max(startMs, performance.now() - (this.#sentBytes + BURST_BYTES) / bytesPerMs);
      const dueBytes = (performance.now() - startMs) * bytesPerMs;
      while (this.#running && this.#sentBytes < dueBytes) {
        await this.send(this.#next(), startMs + this.#sentBytes / bytesPerMs);
        this.#sentBytes += DATAGRAM_BYTES;
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  #next(): Uint8Array {
    if (this.#at >= this.#stream.length) return NULLS;
    const bytes = this.#stream.subarray(this.#at, this.#at + DATAGRAM_BYTES);
    this.#at += DATAGRAM_BYTES;
    return bytes;
  }

  /** Sends the stream; resolves when the last of it is sent. Null packets go on after it. */
  async play(stream: Uint8Array): Promise<void> {
    this.#at = 0;
    this.#stream = stream;
    const withinMs = 5000 + 3 * stream.length * 8000 / this.bitrate;
    await until("the stream to be sent", () => this.#at >= stream.length, withinMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#running = false;
    await this.#loop;
    this.close();
  }
}

/** Fails unless the pieces come to hold the whole stream, byte for byte, with nothing in between. */
export async function arrivesWhole(
  what: string,
  pieces: readonly Uint8Array[],
  stream: Uint8Array,
  withinMs = 10_000,
): Promise<void> {
  const head = stream.subarray(0, 20 * 188);
  const lengthNow = () => pieces.reduce((sum, piece) => sum + piece.length, 0);
  let start = -1;
  await until(
    `${what} to begin`,
    () => (start = packetOffset(joined(pieces), head)) >= 0,
    withinMs,
  );
  await until(`${what} to end`, () => lengthNow() - start >= stream.length, withinMs);
  const wrong = sameBytes(joined(pieces).subarray(start, start + stream.length), stream);
  if (wrong !== undefined) throw new Error(`${what} differs from what was sent: ${wrong}`);
}
