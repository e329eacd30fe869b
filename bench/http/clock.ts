/** A live stream whose pictures carry the time: black and white blocks that survive encoding. */

const WIDTH = 640;
const HEIGHT = 360;
const FPS = 25;
const BITS = 32;
const BLOCK = WIDTH / BITS;
const BAND = 40;

/** One grey picture with `value` in its upper band and its complement in the one below. */
function paint(frame: Uint8Array, value: number): void {
  for (let bit = 0; bit < BITS; bit++) {
    const set = (value >>> (BITS - 1 - bit)) & 1;
    for (let y = 0; y < 2 * BAND; y++) {
      const white = (y < BAND) === (set === 1);
      frame.fill(white ? 235 : 16, y * WIDTH + bit * BLOCK, y * WIDTH + (bit + 1) * BLOCK);
    }
  }
}

/** Reads the clock from a video element; undefined where it cannot be read. Runs in the page. */
export const READ_CLOCK = `(video) => {
  const canvas = window.clockCanvas ??= new OffscreenCanvas(${WIDTH}, ${2 * BAND});
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0, ${WIDTH}, ${2 * BAND}, 0, 0, ${WIDTH}, ${2 * BAND});
  const row = (y) => context.getImageData(0, y, ${WIDTH}, 1).data;
  const [upper, lower] = [row(${BAND / 2}), row(${BAND * 1.5})];
  let value = 0;
  for (let bit = 0; bit < ${BITS}; bit++) {
    const at = 4 * Math.floor((bit + 0.5) * ${BLOCK});
    const set = upper[at] > 128;
    if (set === (lower[at] > 128)) return undefined;
    value = value * 2 + (set ? 1 : 0);
  }
  return value;
}`;

/** Encodes at a constant 2 Mbit/s with a key frame every two seconds, and sends to a UDP port. */
export class ClockSource implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #loop: Promise<void>;
  #running = true;

  constructor(port: number, bitrate = 2_000_000) {
    const rate = String(bitrate);
    this.#child = new Deno.Command("ffmpeg", {
      args: [
        ...["-v", "error", "-fflags", "nobuffer"],
        ...["-f", "rawvideo", "-pix_fmt", "gray", "-s", `${WIDTH}x${HEIGHT}`, "-r", String(FPS)],
        ...["-i", "pipe:0", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"],
        ...[
          "-c:v",
          "libx264",
          "-preset",
          "ultrafast",
          "-tune",
          "zerolatency",
          "-pix_fmt",
          "yuv420p",
        ],
        ...["-g", String(2 * FPS), "-keyint_min", String(2 * FPS), "-sc_threshold", "0"],
        ...["-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", String(bitrate / 4)],
        ...["-x264-params", "nal-hrd=cbr", "-c:a", "aac", "-b:a", "64k"],
        ...["-f", "mpegts", "-muxdelay", "0", "-muxpreload", "0", "-flush_packets", "1"],
        `udp://127.0.0.1:${port}?pkt_size=1316`,
      ],
      stdin: "piped",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    this.#loop = this.#run();
  }

  async #run(): Promise<void> {
    const writer = this.#child.stdin.getWriter();
    const frame = new Uint8Array(WIDTH * HEIGHT).fill(100);
    const began = performance.now();
    for (let number = 0; this.#running; number++) {
      const waitMs = began + number * 1000 / FPS - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      paint(frame, Date.now() % 2 ** 32);
      await writer.write(frame);
    }
    await writer.close().catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#running = false;
    // The sound has no end of its own.
    this.#child.kill("SIGKILL");
    await this.#loop.catch(() => {});
    await this.#child.status;
  }
}
