/** File names from a template. Pure. */
import { civilTime } from "../../core/civil_time.ts";
import { originOf } from "../../core/ids.ts";
import type { SessionInfo } from "../../core/slots.ts";

/** What file systems take in one name. */
const NAME_MAX = 200;

/** Date and time of day in UTC. */
function civil(unixMs: number): { readonly date: string; readonly time: string } {
  const { year, month, day, hour, minute, second } = civilTime(unixMs);
  return { date: `${year}${month}${day}`, time: `${hour}${minute}${second}` };
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
