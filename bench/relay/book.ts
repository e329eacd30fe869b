/** Figures on disk: each mode writes its own part, the page is made from all of them. */
import type { Turn } from "./measure.ts";

/** Turns of one contender in one cell. */
export interface CellTurns {
  readonly contender: string;
  readonly children: number;
  readonly streams: number;
  readonly turns: readonly Turn[];
  /** Why it did not take part. */
  readonly missing?: string;
}

/** A table that is written as it was made. */
export interface Part {
  readonly title: string;
  readonly text: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly command: string;
}

/** Memory over time. */
export interface MemorySample {
  readonly second: number;
  readonly residentMb: number;
  readonly heapMb: number;
}

/** Everything that was measured. */
export interface Book {
  machine: string;
  cells: CellTurns[];
  parts: Record<string, Part>;
  memory: { readonly text: string; readonly samples: readonly MemorySample[] } | undefined;
}

const FILE = new URL("../../docs/relay.json", import.meta.url);

/** What is on disk, or an empty book. */
export async function readBook(): Promise<Book> {
  try {
    const text = await Deno.readTextFile(FILE);
    return JSON.parse(text, (_key, value) => value === null ? NaN : value);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { machine: "", cells: [], parts: {}, memory: undefined };
  }
}

/** Writes it; JSON has no NaN, which becomes null and is read as NaN again. */
export async function writeBook(book: Book): Promise<void> {
  await Deno.writeTextFile(FILE, `${JSON.stringify(book)}\n`);
}
