/** Writes media playlists (RFC 8216, section 4; low latency by draft-pantos-hls-rfc8216bis, section 4.4.3.7 and on). */
import { isoTime } from "../../core/civil_time.ts";
import { type Part, type Segment, TICKS } from "./segments.ts";
import type { Segmenter } from "./segmenter.ts";

/** Parts are listed for the last three target durations (rfc8216bis, 6.2.2). */
const PARTS_TARGETS = 3;
/** A reader sums up rounded durations, which may come out a little shorter than they are. */
const SUM_SLACK_TICKS = 90;
/** `PART-HOLD-BACK` is to be three part target durations at least (rfc8216bis, 4.4.3.8). */
const HOLD_BACK_PARTS = 3;

/** Seconds with enough digits that sums do not drift. */
const seconds = (ticks: number): string => (ticks / TICKS).toFixed(5);

/** The name of a segment, relative to its playlist. */
export const segmentName = (sequence: number): string => `${sequence}.ts`;
/** The name of a part, relative to its playlist. */
export const partName = (sequence: number, part: number): string => `${sequence}.${part}.ts`;

/** The playlist as it stands; undefined before there is a segment. */
export function playlist(segmenter: Segmenter): string | undefined {
  const { listed, targetSeconds, partTicks, open } = segmenter;
  const [first] = listed;
  if (first === undefined || targetSeconds === undefined) return undefined;
  const independent = listed.every((one) => one.independent) && (open?.independent ?? true);
  const lines = [
    "#EXTM3U",
    "#EXT-X-VERSION:6",
    `#EXT-X-TARGETDURATION:${targetSeconds}`,
    ...(independent ? ["#EXT-X-INDEPENDENT-SEGMENTS"] : []),
    ...(partTicks === undefined ? [] : lowLatencyLines(partTicks)),
    `#EXT-X-MEDIA-SEQUENCE:${first.sequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${first.discontinuities}`,
  ];
  const withParts = partTicks === undefined ? Infinity : partsFrom(listed, targetSeconds);
  for (const segment of listed) {
    // The first one's own break is counted above instead.
    if (segment.discontinuity && segment !== first) lines.push("#EXT-X-DISCONTINUITY");
    lines.push(dateLine(segment));
    if (segment.sequence >= withParts) lines.push(...partLines(segment.sequence, segment.parts));
    lines.push(`#EXTINF:${seconds(segment.ticks)},`, segmentName(segment.sequence));
  }
  if (partTicks !== undefined) lines.push(...openLines(segmenter));
  return `${lines.join("\n")}\n`;
}

function lowLatencyLines(partTicks: number): string[] {
  const hold = seconds(partTicks * HOLD_BACK_PARTS);
  return [
    `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${hold}`,
    `#EXT-X-PART-INF:PART-TARGET=${seconds(partTicks)}`,
  ];
}

/** The first segment whose parts are listed. */
function partsFrom(listed: readonly Segment[], targetSeconds: number): number {
  let ticks = 0;
  let from = Infinity;
  for (const { sequence, ticks: length } of listed.toReversed()) {
    if (ticks >= PARTS_TARGETS * targetSeconds * TICKS + SUM_SLACK_TICKS) break;
    from = sequence;
    ticks += length;
  }
  return from;
}

function partLines(sequence: number, parts: readonly Part[]): string[] {
  return parts.map(({ ticks, independent }, index) =>
    `#EXT-X-PART:DURATION=${seconds(ticks)},URI="${partName(sequence, index)}"${
      independent ? ",INDEPENDENT=YES" : ""
    }`
  );
}

function openLines({ open, nextSequence }: Segmenter): string[] {
  const hint = `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${
    partName(nextSequence, open?.parts.length ?? 0)
  }"`;
  if (open === undefined || open.parts.length === 0) return [hint];
  return [
    ...(open.discontinuity ? ["#EXT-X-DISCONTINUITY"] : []),
    dateLine(open),
    ...partLines(nextSequence, open.parts),
    hint,
  ];
}

function dateLine({ line, time }: Pick<Segment, "line" | "time">): string {
  return `#EXT-X-PROGRAM-DATE-TIME:${isoTime(line.wallMs(time))}`;
}
