/** The suspicion level of the phi accrual failure detector, and its inverse. Pure. */

/** Terms of the series and of the fraction: enough for the last digit that counts. */
const TERMS = 60;

/** log10 of the probability that a standard normal value exceeds `z`. */
function logTail(z: number): number {
  const density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
  if (z < 2) {
    // Around the middle: one half less a power series.
    let term = z;
    let sum = z;
    for (let n = 1; n < TERMS; n++) sum += term *= z * z / (2 * n + 1);
    return Math.log10(Math.max(Number.MIN_VALUE, 0.5 - density * sum));
  }
  // Far out: Laplace's continued fraction, from its end; in logarithms, for the density runs out at 38.
  let fraction = z;
  for (let n = TERMS; n > 0; n--) fraction = z + n / fraction;
  return -(z * z / 2 + Math.log(Math.sqrt(2 * Math.PI) * fraction)) / Math.LN10;
}

/**
 * Phi after `silentMs` (Hayashibara et al., 2004, section 4.3): minus log10 of the probability that a heartbeat
 * comes even later, intervals being normally distributed.
 */
export function phi(silentMs: number, meanMs: number, deviationMs: number): number {
  const z = (silentMs - meanMs) / deviationMs;
  // Long before the mean the tail is all there is.
  return z < -6 ? 0 : Math.max(0, -logTail(z));
}

/** How many deviations beyond the mean phi reaches `level`. */
export function deviationsFor(level: number): number {
  let [low, high] = [-6, 40];
  for (let i = 0; i < TERMS; i++) {
    const middle = (low + high) / 2;
    if (-logTail(middle) < level) low = middle;
    else high = middle;
  }
  return high;
}
