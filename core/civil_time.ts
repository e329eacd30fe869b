/** Dates for people, from Unix time alone: code that lives from its ports has no `Date`. */

const DAY_MS = 86_400_000;

/** The parts of a moment in UTC, as text of two digits and more (milliseconds: three). */
export interface CivilTime {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  readonly hour: string;
  readonly minute: string;
  readonly second: string;
  readonly ms: string;
}

/** What calendar and clock show at a Unix time, in UTC. */
export function civilTime(unixMs: number): CivilTime {
  const days = Math.floor(unixMs / DAY_MS);
  const rest = Math.floor(unixMs - days * DAY_MS);
  // Days are counted from 1 March of year 0, so that the leap day is the last of a year.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra -
    (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const text = (value: number, digits = 2): string =>
    String(Math.floor(value)).padStart(digits, "0");
  return {
    year: String(yearOfEra + era * 400 + (month <= 2 ? 1 : 0)),
    month: text(month),
    day: text(dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1),
    hour: text(rest / 3_600_000),
    minute: text(rest / 60_000 % 60),
    second: text(rest / 1000 % 60),
    ms: text(rest % 1000, 3),
  };
}

/** ISO 8601 with milliseconds, in UTC. */
export function isoTime(unixMs: number): string {
  const { year, month, day, hour, minute, second, ms } = civilTime(unixMs);
  return `${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`;
}
