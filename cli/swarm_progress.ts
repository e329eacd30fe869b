/** One line of progress: on a terminal it is drawn over and over, elsewhere a line now and then. */
import type { FoundFile } from "../core/swarm/index_messages.ts";

/** A peer's status, as far as the command line shows it. */
export interface SwarmStatus {
  readonly listen: string | undefined;
  readonly http: string | undefined;
  readonly downBytesPerSecond: number;
  readonly transfers: readonly TransferStatus[];
}

/** One file of it. */
export interface TransferStatus {
  readonly id: string;
  readonly complete: boolean;
  readonly heldPieces: number;
  readonly verifiedBytes: number;
  readonly sizeBytes: number;
  readonly error: string | undefined;
  readonly path: string | undefined;
  /** Hexadecimal digits, most significant bit first. */
  readonly map: string;
  readonly peers: readonly { readonly name: string }[];
}

const BAR_CHARS = 24;
/** Off a terminal a line is printed this often. */
const PLAIN_MS = 2000;
const SHADES = [" ", "░", "▒", "▓", "█"];

/** The piece map as a strip of `width` characters. */
export function stripOf(map: string, pieces: number, width = BAR_CHARS): string {
  const has = (piece: number) =>
    ((parseInt(map[piece >> 2] ?? "0", 16) >> (3 - (piece & 3))) & 1) === 1;
  let strip = "";
  for (let i = 0; i < width; i++) {
    const from = Math.floor((i * pieces) / width);
    const to = Math.max(from + 1, Math.floor(((i + 1) * pieces) / width));
    let held = 0;
    for (let piece = from; piece < to; piece++) if (has(piece)) held++;
    strip += SHADES[Math.floor((held / (to - from)) * (SHADES.length - 1))] ?? " ";
  }
  return strip;
}

/** Time left as people read it. */
export function timeLeft(bytes: number, perSecond: number): string {
  if (perSecond <= 0) return "--:--";
  const seconds = Math.ceil(bytes / perSecond);
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${clock}` : clock;
}

/** Draws the progress of one download. */
export class Progress implements Disposable {
  readonly #file: FoundFile;
  readonly #pieces: number;
  readonly #terminal = Deno.stderr.isTerminal();
  #shownMs = -Infinity;
  #drawn = false;

  constructor(file: FoundFile, pieces: number) {
    this.#file = file;
    this.#pieces = pieces;
  }

  show(status: SwarmStatus, transfer: TransferStatus | undefined): void {
    const nowMs = performance.now();
    if (!this.#terminal && nowMs - this.#shownMs < PLAIN_MS) return;
    this.#shownMs = nowMs;
    const done = transfer?.verifiedBytes ?? 0;
    const rate = status.downBytesPerSecond;
    const line = [
      `${this.#file.name.slice(0, 30)} ${stripOf(transfer?.map ?? "", this.#pieces)}`,
      `${((100 * done) / this.#file.size).toFixed(1)} %`,
      `${transfer?.heldPieces ?? 0}/${this.#pieces} pieces`,
      `${transfer?.peers.length ?? 0} peers`,
      `${((rate * 8) / 1e6).toFixed(1)} Mbit/s`,
      timeLeft(this.#file.size - done, rate),
    ].join("  ");
    this.#write(this.#terminal ? `\r\x1b[K${line}` : `${line}\n`);
    this.#drawn = this.#terminal;
  }

  /** Leaves the line as it is. */
  end(): void {
    if (this.#drawn) this.#write("\n");
    this.#drawn = false;
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #write(text: string): void {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  }
}
