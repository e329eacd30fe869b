/** The large table: every contender in every cell, in turns. */
import { type Book, type CellTurns, writeBook } from "./book.ts";
import type { Contender } from "./contenders.ts";
import type { Load } from "./load/load.ts";
import { Trial, type Turn, turn } from "./measure.ts";
import { median } from "./stats.ts";

/** One cell. */
export interface Cell {
  readonly children: number;
  readonly streams: number;
}

/** All of them. */
export const CELLS: readonly Cell[] = [1, 20].flatMap((streams) =>
  [1, 4, 16, 64, 256].map((children) => ({ children, streams }))
);

/** How much is measured. */
export interface TableOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Adds to the turns that the book has, instead of beginning anew. */
  readonly add: boolean;
}

interface Seat {
  readonly contender: Contender;
  readonly missing: string | undefined;
  readonly turns: Turn[];
}

/** Networks, and with them the children's addresses, are never used twice. */
let net = 0;

async function oneTurn(load: Load, seat: Seat, cell: Cell, seconds: number): Promise<void> {
  const { children, streams } = cell;
  net = net % 200 + 1;
  const known = median(seat.turns.map((one) => one.maxRate));
  try {
    await using running = await seat.contender.start(load, net, children, streams);
    const trial = new Trial(load, running, net, children);
    const carried = Number.isNaN(known) ? undefined : known;
    const { warms } = seat.contender;
    const result = await turn(trial, { seconds, carried, warms });
    seat.turns.push(result);
    const { maxRate, cost, cores, p50, p99, p999, loss } = result;
    console.log(
      `  ${seat.contender.name}: ${Math.round(maxRate)}/s in, ${
        (1 / cost).toFixed(3)
      } M per CPU s ` +
        `(${cores.toFixed(2)} cores), p50 ${p50} p99 ${p99} p99.9 ${p999} us, lost ${
          (loss * 100).toFixed(3)
        } %`,
    );
  } catch (error) {
    console.log(`  ${seat.contender.name}: ${error instanceof Error ? error.message : error}`);
  }
}

function isOf(one: CellTurns, { children, streams }: Cell, contender: string): boolean {
  return one.children === children && one.streams === streams && one.contender === contender;
}

function enter(book: Book, cell: Cell, seats: readonly Seat[]): void {
  for (const { contender: { name }, missing, turns } of seats) {
    const mine: CellTurns = {
      contender: name,
      ...cell,
      turns,
      ...missing === undefined ? {} : { missing },
    };
    const at = book.cells.findIndex((one) => isOf(one, cell, name));
    if (at >= 0) book.cells[at] = mine;
    else book.cells.push(mine);
  }
}

/** Measures a cell and puts it into the book, which is saved after every round. */
export async function measureCell(
  load: Load,
  everyone: readonly Contender[],
  cell: Cell,
  book: Book,
  options: TableOptions,
): Promise<void> {
  const { children, streams } = cell;
  const seats = await Promise.all(everyone.map(async (contender): Promise<Seat> => {
    const before = book.cells.find((one) => isOf(one, cell, contender.name));
    return {
      contender,
      missing: await contender.missing(children, streams),
      turns: options.add ? [...before?.turns ?? []] : [],
    };
  }));
  for (let round = 0; round < options.rounds; round++) {
    console.log(`${children} children, ${streams} streams, round ${round + 1}`);
    for (const seat of seats) {
      if (seat.missing === undefined) await oneTurn(load, seat, cell, options.seconds);
    }
    enter(book, cell, seats);
    await writeBook(book);
  }
}
