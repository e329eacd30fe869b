/**
 * Feasibility, as in Babel (RFC 8966, sections 3.5.1 and 3.7.3): the one rule that keeps the tree free
 * of loops at every instant. See the README for the proof.
 */

/** How far an origin is: the sequence number of its announcement, and the cost. */
export interface Distance {
  readonly sequence: number;
  readonly costUs: number;
}

/** Whether `a` is strictly better than `b`: newer, or as new and cheaper. */
export function isBetter(a: Distance, b: Distance): boolean {
  return a.sequence > b.sequence || (a.sequence === b.sequence && a.costUs < b.costUs);
}

/** Whether a neighbor's announcement may be followed by a node that has announced `best` at its best. */
export function isFeasible(announced: Distance, best: Distance | undefined): boolean {
  return best === undefined || isBetter(announced, best);
}
