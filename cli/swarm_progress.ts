/** One line of progress: on a terminal it is drawn over and over, elsewhere a line now and then. */
import type { FoundFile } from "../core/swarm/index_messages.ts";

/** A peer's status, as far as the command line shows it. */
export interface SwarmStatus {
  readonly listen: string | undefined;
  readonly http: string | undefined;
  readonly downBytesPerSecond: number;
  readonly shared: number;
  readonly index?: { readonly connected: boolean } | undefined;
  readonly hashing: Hashing | undefined;
  readonly transfers: readonly TransferStatus[];
}

/** The hashing of files to be shared. */
export interface Hashing {
  readonly name: string;
  readonly doneBytes: number;
  readonly sizeBytes: number;
  readonly filesLeft: number;
  readonly bytesLeft: number;
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
  /** A hexadecimal digit for each column: the share of its pieces that is here. */
  readonly strip: string;
  readonly peers: readonly { readonly name: string }[];
}

const BAR_CHARS = 24;
/** Off a terminal a line is printed this often. */
const PLAIN_MS = 2000;
/** Where the width of the terminal is not known. */
const LINE_MAX_CHARS = 120;
const SHADES = [" ", "░", "▒", "▓", "█"];

/** A strip of hexadecimal digits as `width` characters between empty and full. */
export function shadesOf(strip: string, width = BAR_CHARS): string {
  let shades = "";
  for (let i = 0; i < width; i++) {
    const from = Math.floor((i * strip.length) / width);
    const to = Math.max(from + 1, Math.floor(((i + 1) * strip.length) / width));
    let sum = 0;
    for (const digit of strip.slice(from, to)) sum += parseInt(digit, 16) / 15;
    shades += SHADES[Math.floor((sum / (to - from)) * (SHADES.length - 1))] ?? " ";
  }
  return shades;
}

/** Time left as people read it. */
export function timeLeft(bytes: number, perSecond: number): string {
  if (perSecond <= 0) return "--:--";
  const seconds = Math.ceil(bytes / perSecond);
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${clock}` : clock;
}

/** A line on standard error: drawn over and over on a terminal, said now and then elsewhere. */
export class StatusLine implements Disposable {
  readonly #terminal = Deno.stderr.isTerminal();
  #shownMs = -Infinity;
  #drawn = false;

  show(line: string): void {
    const nowMs = performance.now();
    if (!this.#terminal && nowMs - this.#shownMs < PLAIN_MS) return;
    this.#shownMs = nowMs;
    this.#write(this.#terminal ? `\r\x1b[K${cut(line, columns())}` : `${line.trimEnd()}\n`);
    this.#drawn = this.#terminal;
  }

  /** Leaves the line as it is. */
  end(): void {
    if (this.#drawn) this.#write("\n");
    this.#drawn = false;
  }

  /** Takes the line away where it was drawn: what comes next is printed in its place. */
  clear(): void {
    if (this.#drawn) this.#write("\r\x1b[K");
    this.#drawn = false;
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #write(text: string): void {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  }
}

/** Columns of the terminal; a line that wraps could not be drawn over. */
function columns(): number {
  try {
    return Math.max(20, Deno.consoleSize().columns - 1);
  } catch {
    return LINE_MAX_CHARS;
  }
}

function cut(line: string, chars: number): string {
  return [...line].slice(0, chars).join("");
}

/** The progress of one download. */
export function downloadLine(
  file: FoundFile,
  pieces: number,
  status: SwarmStatus,
  transfer: TransferStatus | undefined,
): string {
  const done = transfer?.verifiedBytes ?? 0;
  const rate = status.downBytesPerSecond;
  return [
    `${file.name.slice(0, 30)} ▕${shadesOf(transfer?.strip ?? "0")}▏`,
    `${((100 * done) / file.size).toFixed(1)} %`,
    `${transfer?.heldPieces ?? 0}/${pieces} pieces`,
    `${transfer?.peers.length ?? 0} peers`,
    `${((rate * 8) / 1e6).toFixed(1)} Mbit/s`,
    done >= file.size ? "done" : `${timeLeft(file.size - done, rate)} left`,
  ].join("  ");
}

/** The progress of hashing what is to be shared. */
export function hashLine({ name, doneBytes, sizeBytes, filesLeft, bytesLeft }: Hashing): string {
  const giga = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;
  const more = filesLeft === 0 ? "" : `  ${filesLeft} files, ${giga(bytesLeft)} to come`;
  const share = ((100 * doneBytes) / sizeBytes).toFixed(0);
  return `hashing ${name.slice(0, 40)}  ${share} % of ${giga(sizeBytes)}${more}`;
}
