/** File names from a template. Pure. */
import { originOf } from "../../core/ids.ts";
import type { SessionInfo } from "../../core/slots.ts";

/** What file systems take in one name. */
const NAME_MAX = 200;
const DAY_MS = 86_400_000;

/** Year, month, day, hour, minute and second of a Unix time in UTC, as text of two digits and more. */
function civil(unixMs: number): { readonly date: string; readonly time: string } {
  const days = Math.floor(unixMs / DAY_MS);
  const seconds = Math.floor((unixMs - days * DAY_MS) / 1000);
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
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const two = (value: number): string => String(value).padStart(2, "0");
  return {
    date: `${year}${two(month)}${two(day)}`,
    time: `${two(Math.floor(seconds / 3600))}${two(Math.floor(seconds / 60) % 60)}${
      two(seconds % 60)
    }`,
  };
}

/** One file name: never a path, never hidden, whatever stream and session are called. */
export function recordingName(template: string, session: SessionInfo, unixMs: number): string {
  const values: Readonly<Record<string, string>> = {
    stream: session.stream,
    origin: originOf(session.stream),
    name: session.stream.slice(session.stream.indexOf("/") + 1),
    session: session.session,
    ...civil(unixMs),
  };
  const filled = template.replace(
    /\{(\w+)\}/g,
    (whole, key: string) => Object.hasOwn(values, key) ? values[key] ?? whole : whole,
  );
  const plain = filled.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+/, "").slice(-NAME_MAX);
  return plain === "" ? "recording" : plain;
}
