/** Reads media playlists and checks them by RFC 8216 and draft-pantos-hls-rfc8216bis, one alone and one after the other. */

/** A part as a playlist lists it. */
export interface ReadPart {
  readonly uri: string;
  readonly seconds: number;
  readonly independent: boolean;
}

/** A segment as a playlist lists it. */
export interface ReadSegment {
  readonly uri: string;
  readonly seconds: number;
  readonly sequence: number;
  readonly discontinuities: number;
  readonly parts: readonly ReadPart[];
}

/** A media playlist. */
export interface ReadPlaylist {
  readonly target: number;
  readonly partTarget: number | undefined;
  readonly holdBack: number | undefined;
  readonly independent: boolean;
  readonly segments: readonly ReadSegment[];
  /** Parts of the segment that is not complete. */
  readonly open: readonly ReadPart[];
  readonly hint: string | undefined;
}

const attribute = (line: string, name: string): string | undefined =>
  new RegExp(`[:,]${name}=("[^"]*"|[^,]*)`).exec(line)?.[1]?.replaceAll('"', "");

/** Reads a playlist; throws on what is no playlist of a live stream. */
export function readPlaylist(text: string): ReadPlaylist {
  const lines = text.split("\n");
  if (lines[0] !== "#EXTM3U" || lines.at(-1) !== "") throw new Error("no playlist");
  const value = (tag: string) =>
    lines.find((line) => line.startsWith(`#EXT-X-${tag}:`))?.slice(tag.length + 8);
  const number = (tag: string) => Number(value(tag) ?? NaN);
  const segments: ReadSegment[] = [];
  let discontinuities = number("DISCONTINUITY-SEQUENCE");
  let parts: ReadPart[] = [];
  let seconds = NaN;
  for (const line of lines) {
    if (line === "#EXT-X-DISCONTINUITY") discontinuities++;
    else if (line.startsWith("#EXT-X-PART:")) {
      parts.push({
        uri: attribute(line, "URI") ?? "",
        seconds: Number(attribute(line, "DURATION")),
        independent: attribute(line, "INDEPENDENT") === "YES",
      });
    } else if (line.startsWith("#EXTINF:")) seconds = parseFloat(line.slice(8));
    else if (line !== "" && !line.startsWith("#")) {
      const sequence = number("MEDIA-SEQUENCE") + segments.length;
      segments.push({ uri: line, seconds, sequence, discontinuities, parts });
      parts = [];
      seconds = NaN;
    }
  }
  const control = value("SERVER-CONTROL");
  const inf = value("PART-INF");
  const hint = value("PRELOAD-HINT");
  const seconds_ = (line: string | undefined, name: string) =>
    line === undefined ? undefined : Number(attribute(`:${line}`, name));
  return {
    target: number("TARGETDURATION"),
    partTarget: seconds_(inf, "PART-TARGET"),
    holdBack: seconds_(control, "PART-HOLD-BACK"),
    independent: lines.includes("#EXT-X-INDEPENDENT-SEGMENTS"),
    segments,
    open: parts,
    hint: hint === undefined ? undefined : attribute(`:${hint}`, "URI"),
  };
}

/** What is wrong with a playlist by itself. */
export function playlistFaults(text: string): string[] {
  const list = readPlaylist(text);
  const faults: string[] = [];
  const demand = (holds: boolean, fault: string) => void (holds || faults.push(fault));
  demand(Number.isInteger(list.target) && list.target > 0, `target duration ${list.target}`);
  demand(list.segments.length > 0, "no segment");
  for (const { uri, seconds, sequence } of list.segments) {
    demand(Number.isFinite(sequence), "no media sequence");
    demand(seconds > 0, `${uri}: no duration`);
    // 4.4.3.1: a duration, rounded, is no longer than the target.
    demand(Math.round(seconds) <= list.target, `${uri}: ${seconds} s, target ${list.target}`);
  }
  demand(new Set(list.segments.map(({ uri }) => uri)).size === list.segments.length, "a URI twice");
  if (list.partTarget !== undefined) faults.push(...partFaults(list, list.partTarget));
  else demand(!text.includes("#EXT-X-PART:"), "parts without PART-INF");
  return faults;
}

function partFaults(list: ReadPlaylist, target: number): string[] {
  const faults: string[] = [];
  const slack = 2e-5;
  // 4.4.3.8: at least twice, better three times the part target.
  if ((list.holdBack ?? 0) < 3 * target - slack) faults.push(`part hold back ${list.holdBack}`);
  const check = (parts: readonly ReadPart[], complete: boolean) => {
    for (const [index, { uri, seconds, independent }] of parts.entries()) {
      if (seconds > target + slack) faults.push(`${uri}: ${seconds} s, part target ${target}`);
      const last = complete && index === parts.length - 1;
      // 4.4.4.9: 85 % at least, but for independent ones and the last of a segment.
      if (seconds < 0.85 * target - slack && !independent && !last) {
        faults.push(`${uri}: only ${seconds} s, part target ${target}`);
      }
    }
  };
  for (const { uri, seconds, parts } of list.segments) {
    check(parts, true);
    const sum = parts.reduce((total, part) => total + part.seconds, 0);
    if (parts.length > 0 && Math.abs(sum - seconds) > 1e-3) {
      faults.push(`${uri}: parts of ${sum} s in ${seconds} s`);
    }
  }
  check(list.open, false);
  // 6.2.2: parts stay listed for three target durations from the end.
  let tail = 0;
  for (const { uri, seconds, parts } of list.segments.toReversed()) {
    if (tail < 3 * list.target && parts.length === 0) {
      faults.push(`${uri}: parts are gone too soon`);
    }
    tail += seconds;
  }
  if (list.hint === undefined) faults.push("no preload hint");
  return faults;
}

/** What is wrong with a playlist that follows another of the same stream. */
export function successionFaults(before: string, after: string): string[] {
  const [old, now] = [readPlaylist(before), readPlaylist(after)];
  const faults: string[] = [];
  if (old.target !== now.target) faults.push(`target ${old.target} became ${now.target}`);
  if (old.partTarget !== undefined && old.partTarget !== now.partTarget) {
    faults.push(`part target ${old.partTarget} became ${now.partTarget}`);
  }
  const [first, oldFirst] = [now.segments[0], old.segments[0]];
  if ((first?.sequence ?? 0) < (oldFirst?.sequence ?? 0)) faults.push("media sequence went back");
  for (const segment of now.segments) {
    const same = old.segments.find(({ sequence }) => sequence === segment.sequence);
    if (same === undefined) continue;
    // 6.2.1: a segment that was listed stays what it was.
    if (same.uri !== segment.uri || same.seconds !== segment.seconds) {
      faults.push(`${segment.uri} changed`);
    }
    if (same.discontinuities !== segment.discontinuities) {
      faults.push(
        `${segment.uri}: discontinuity ${same.discontinuities} became ${segment.discontinuities}`,
      );
    }
  }
  const newest = old.segments.at(-1)?.sequence ?? 0;
  const covers = now.segments.some(({ sequence }) => sequence === newest + 1) ||
    now.segments.at(-1)?.sequence === newest || (first?.sequence ?? 0) > newest + 1;
  if (!covers) faults.push("segments are missing");
  return faults;
}
