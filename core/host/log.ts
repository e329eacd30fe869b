/**
 * Structured logs. Own code of this size and not a library: every node of a process has a log of its own, with
 * its own level, while the libraries at hand are configured once per process; hiding secrets and counting
 * repeats would be own code in any case.
 */
import type { Log, LogFields } from "../ports.ts";
import { ByteQueue } from "./byte_queue.ts";
import { plain } from "./secrets.ts";
import { within } from "./waiting.ts";

/** How much is told. */
export type LogLevel = "debug" | "info" | "warn" | "error";

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** What a log is made from. */
export interface LogOptions {
  readonly level: LogLevel;
  /** `auto`: pretty on a terminal, JSON lines otherwise. */
  readonly format: "auto" | "pretty" | "json";
  /** Takes whole lines with their line end; the process's standard error when left out. */
  readonly write?: (line: string) => void;
  /** Whether the output is a terminal; asked of standard error when left out. */
  readonly terminal?: boolean;
  /** Color in pretty lines; when left out: on a terminal, unless NO_COLOR is set. */
  readonly color?: boolean;
  readonly wall?: () => number;
  readonly now?: () => number;
  /** Bounds equal warnings and errors. */
  readonly repeats?: { readonly most: number; readonly intervalMs: number };
}

/** Ten lines in ten seconds show that something repeats without hiding everything else. */
const REPEATS = { most: 10, intervalMs: 10_000 } as const;
/** Different warnings that are counted at a time; beyond it the oldest count is given up. */
const MAX_KINDS = 500;
/** Log bytes that wait for a slow reader of standard error; lines beyond it are dropped and counted. */
const QUEUE_BYTES = 1024 * 1024;
const MAX_TEXT = 2_000;
/** How long the end waits for a reader of standard error that stalls. */
const FLUSH_MS = 1_000;

/** One node's log. */
export interface RootLog {
  /** Least level shown; may be changed while running. */
  level: LogLevel;
  /** A log whose lines all carry these fields. */
  bind(fields: LogFields): Log;
  /** Tells what was suppressed and waits, a second at most, until everything is written. Call it before `Deno.exit`. */
  flush(): Promise<void>;
}

/** How often one kind of warning was told in the current interval. */
interface Kind {
  readonly level: LogLevel;
  readonly event: string;
  readonly bound: LogFields;
  sinceMs: number;
  told: number;
  suppressed: number;
}

/** Lets each kind of warning through a few times an interval, and tells how many were held back. */
class Repeats {
  readonly #kinds = new Map<string, Kind>();
  readonly #limit: { readonly most: number; readonly intervalMs: number };
  #sweepMs = 0;

  constructor(limit: { readonly most: number; readonly intervalMs: number }) {
    this.#limit = limit;
  }

  /** Whether this line may be written. */
  admit(level: LogLevel, event: string, bound: LogFields, nowMs: number): boolean {
    const key = `${level}\n${event}\n${JSON.stringify(bound)}`;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      if (this.#kinds.size >= MAX_KINDS) {
        const oldest = this.#kinds.keys().next();
        if (!oldest.done) this.#kinds.delete(oldest.value);
      }
      kind = { level, event, bound, sinceMs: nowMs, told: 0, suppressed: 0 };
      this.#kinds.set(key, kind);
    }
    if (kind.told < this.#limit.most) {
      kind.told += 1;
      return true;
    }
    kind.suppressed += 1;
    return false;
  }

  /** Ends intervals that are over; `tell` hears of every kind of which lines were suppressed. */
  sweep(nowMs: number, tell: (kind: Kind) => void, all = false): void {
    if (!all && nowMs < this.#sweepMs) return;
    this.#sweepMs = nowMs + this.#limit.intervalMs / 10;
    for (const [key, kind] of this.#kinds) {
      if (!all && nowMs - kind.sinceMs < this.#limit.intervalMs) continue;
      this.#kinds.delete(key);
      if (kind.suppressed > 0) tell(kind);
    }
  }
}

function shorten(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text;
}

const RESERVED = new Set(["time", "level", "event"]);

/** One JSON object a line; a field that bears a reserved name gets an underscore. */
function jsonLine(timeMs: number, level: LogLevel, event: string, fields: LogFields): string {
  const named = Object.entries(fields).map(([key, value]) => [
    RESERVED.has(key) ? `_${key}` : key,
    typeof value === "string" ? shorten(value) : value,
  ]);
  const time = new Date(timeMs).toISOString();
  return `${JSON.stringify({ time, level, event, ...Object.fromEntries(named) })}\n`;
}

const COLORS: Readonly<Record<LogLevel | "dim", string>> = {
  debug: "\x1b[90m",
  info: "\x1b[32m",
  warn: "\x1b[33m",
  error: "\x1b[31m",
  dim: "\x1b[2m",
};

/** Control characters as spaces. */
function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, " ");
}

/** A value as people read it; control characters are escaped, so that no field can forge a line. */
function prettyValue(value: unknown): string {
  if (typeof value === "string" && /^[\w.:/@%+-]+$/.test(value)) return shorten(value);
  const text = shorten(JSON.stringify(value) ?? "undefined");
  return text.replace(
    /[\x7f-\x9f\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function prettyLine(
  timeMs: number,
  level: LogLevel,
  event: string,
  fields: LogFields,
  color: boolean,
): string {
  const paint = (what: keyof typeof COLORS, text: string): string =>
    color ? `${COLORS[what]}${text}\x1b[0m` : text;
  const { node, plugin, ...rest } = fields;
  const time = new Date(timeMs).toISOString().slice(11, 23);
  const where = [node, plugin].filter((one) => one !== undefined).map(prettyValue).join("/");
  const words = [oneLine(event)];
  for (const [key, value] of Object.entries(rest)) {
    if (value !== undefined) words.push(`${paint("dim", `${oneLine(key)}=`)}${prettyValue(value)}`);
  }
  const head = `${paint("dim", time)} ${paint(level, level.toUpperCase().padEnd(5))}`;
  return `${head} ${where === "" ? "" : `${where} `}${words.join(" ")}\n`;
}

/** Standard error behind a bounded queue: a reader that stalls costs log lines and never media. */
function standardError(): { write(line: string): void; flush(): Promise<void> } {
  const encoder = new TextEncoder();
  let dropped = 0;
  const queue = new ByteQueue({
    highBytes: QUEUE_BYTES,
    maxBytes: QUEUE_BYTES,
    write: async (bytes) => {
      for (let at = 0; at < bytes.length;) at += await Deno.stderr.write(bytes.subarray(at));
    },
    onDrain: () => {},
    // Nobody reads any more: there is nowhere to say so.
    onError: () => {},
  });
  return {
    write(line) {
      const note = dropped > 0
        ? `{"level":"warn","event":"log lines dropped","count":${dropped}}\n`
        : "";
      if (queue.offer(encoder.encode(note + line)) === "refused") dropped += 1;
      else dropped = 0;
    },
    flush: () => queue.flushed(),
  };
}

/** Whether standard error is a terminal that wants color, by the NO_COLOR convention. */
function wantsColor(): boolean {
  const granted = Deno.permissions.querySync({ name: "env", variable: "NO_COLOR" }).state;
  return granted !== "granted" || (Deno.env.get("NO_COLOR") ?? "") === "";
}

/** Makes a node's log. */
export function createLog(options: LogOptions): RootLog {
  const output = options.write === undefined ? standardError() : undefined;
  const write = options.write ?? ((line: string) => output?.write(line));
  const terminal = options.terminal ?? Deno.stderr.isTerminal();
  const pretty = options.format === "pretty" || (options.format === "auto" && terminal);
  const color = options.color ?? (terminal && wantsColor());
  const wall = options.wall ?? (() => Date.now());
  const now = options.now ?? (() => performance.now());
  const repeats = new Repeats(options.repeats ?? REPEATS);

  const emit = (level: LogLevel, event: string, fields: LogFields): void => {
    // A copy of an object is an object: secrets are out and everything can be written.
    const clean = plain(fields) as LogFields;
    write(
      pretty
        ? prettyLine(wall(), level, event, clean, color)
        : jsonLine(wall(), level, event, clean),
    );
  };
  const tellSuppressed = ({ level, event, bound, suppressed }: Kind): void =>
    emit(level, event, { ...bound, suppressed });

  const root: RootLog = {
    level: options.level,
    bind(bound) {
      const at = (level: LogLevel) => (event: string, fields: LogFields = {}): void => {
        if (RANK[level] < RANK[root.level]) return;
        const nowMs = now();
        repeats.sweep(nowMs, tellSuppressed);
        const bounded = level === "warn" || level === "error";
        if (bounded && !repeats.admit(level, event, bound, nowMs)) return;
        emit(level, event, { ...bound, ...fields });
      };
      return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
    },
    async flush() {
      repeats.sweep(now(), tellSuppressed, true);
      if (output !== undefined) await within(output.flush(), FLUSH_MS);
    },
  };
  return root;
}
