/** `espalier top`: nodes, links, streams, sessions and trees at a terminal, drawn anew every second. */
import { ApiError, connect } from "../client/mod.ts";
import { UserError } from "../core/plugin.ts";
import { draw, type NodeSnapshot } from "./top_view.ts";

/** How `top` runs. */
export interface TopOptions {
  readonly bases: readonly string[];
  readonly token: string | undefined;
  /** One picture and an end, as without a terminal. */
  readonly once: boolean;
  readonly intervalMs: number;
}

/** Columns where there is no terminal to ask. */
const COLUMNS = 120;
/** Longest wait for a node that does not answer. */
const TIMEOUT_MS = 2000;
/** Rates need two looks; a single picture takes them this far apart. */
const BETWEEN_MS = 500;
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_REST = "\x1b[J";

/** Asks one node; an answer that does not come is part of the picture. */
async function look(base: string, token: string | undefined): Promise<NodeSnapshot> {
  const client = connect(base, {
    timeoutMs: TIMEOUT_MS,
    ...(token === undefined ? {} : { token }),
  });
  const nothing = { base, neighbors: [], streams: [], sessions: [], events: [] };
  try {
    const [node, neighbors, tree, streams, sessions, { events }] = await Promise.all([
      client.node(),
      client.neighbors(),
      client.tree(),
      client.streams(),
      client.sessions(),
      client.eventPage(),
    ]);
    const atMs = performance.now();
    return { base, atMs, node, neighbors, tree, streams, sessions, events };
  } catch (error) {
    const trouble = error instanceof ApiError ? error.message : "nothing answers there";
    return { ...nothing, atMs: performance.now(), trouble };
  }
}

function lookAtAll({ bases, token }: TopOptions): Promise<NodeSnapshot[]> {
  return Promise.all(bases.map((base) => look(base, token)));
}

const byBase = (snapshots: readonly NodeSnapshot[]) =>
  new Map(snapshots.map((one) => [one.base, one]));

function write(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

/** Resolves when somebody presses q or Ctrl-C. */
async function untilQuit(signal: AbortSignal): Promise<void> {
  const buffer = new Uint8Array(16);
  while (!signal.aborted) {
    const length = await Deno.stdin.read(buffer);
    if (length === null) return;
    const keys = new TextDecoder().decode(buffer.subarray(0, length));
    // q, Ctrl-C, Ctrl-D.
    if (["q", "Q", "\u0003", "\u0004"].some((key) => keys.includes(key))) return;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}

async function once(options: TopOptions): Promise<number> {
  const before = await lookAtAll(options);
  await pause(BETWEEN_MS);
  const now = await lookAtAll(options);
  const color = Deno.stdout.isTerminal() && !Deno.noColor;
  const columns = Deno.stdout.isTerminal() ? Deno.consoleSize().columns : COLUMNS;
  write(`${draw(now, byBase(before), { columns, color }).join("\n")}\n`);
  return now.some((one) => one.node !== undefined) ? 0 : 1;
}

/** Draws until somebody has seen enough. */
async function live(options: TopOptions): Promise<number> {
  let quit = false;
  const stop = new AbortController();
  Deno.stdin.setRaw(true);
  write(ENTER);
  const quitting = untilQuit(stop.signal).then(() => quit = true);
  try {
    let before: NodeSnapshot[] = [];
    while (!quit) {
      const now = await lookAtAll(options);
      const { columns, rows } = Deno.consoleSize();
      const lines = draw(now, byBase(before), { columns, color: !Deno.noColor });
      const shown = lines.slice(0, Math.max(1, rows - 1));
      const hidden = lines.length - shown.length;
      const last = hidden > 0 ? `${hidden} more lines; q ends` : "q ends";
      write(HOME + [...shown, last].map((one) => one + CLEAR_LINE).join("\r\n") + CLEAR_REST);
      before = now;
      await Promise.race([pause(options.intervalMs), quitting]);
    }
  } finally {
    stop.abort();
    write(LEAVE);
    Deno.stdin.setRaw(false);
  }
  return 0;
}

/** Runs `top`; returns the exit code. */
export async function top(options: TopOptions): Promise<number> {
  for (const base of options.bases) {
    if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol)) {
      throw new UserError(
        "usage",
        `Cannot ask ${base}: an address such as http://127.0.0.1:8081 expected`,
      );
    }
  }
  const terminal = Deno.stdout.isTerminal() && Deno.stdin.isTerminal();
  return await (options.once || !terminal ? once(options) : live(options));
}
