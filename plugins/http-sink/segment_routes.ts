/** Playlists, segments and parts over HTTP, with blocking reload (draft-pantos-hls-rfc8216bis, 6.2.5.2). */
import type { Clock, HttpResponse } from "../../core/ports.ts";
import type { Entry } from "./entry.ts";
import { playlist } from "./playlist.ts";
import { joined, TICKS } from "./segments.ts";
import type { Segmenter } from "./segmenter.ts";

/** A request waits no longer than this many target durations (rfc8216bis, 6.2.5.2). */
const BLOCK_TARGETS = 3;
/** A playlist may be asked for this many segments ahead of time (rfc8216bis, 6.2.5.2). */
const AHEAD_MAX = 2;

/** What a player wants of the playlist before it is sent. */
interface Wish {
  readonly sequence: number;
  readonly part: number | undefined;
}

/** Reads `_HLS_msn` and `_HLS_part`; `bad` when they make no sense. */
export function wishOf(query: Readonly<Record<string, string>>): Wish | "bad" | undefined {
  const { _HLS_msn: sequence, _HLS_part: part } = query;
  if (sequence === undefined) return part === undefined ? undefined : "bad";
  if (!/^\d{1,15}$/.test(sequence) || part !== undefined && !/^\d{1,6}$/.test(part)) return "bad";
  return { sequence: Number(sequence), part: part === undefined ? undefined : Number(part) };
}

/** Whether a playlist as it stands holds what is wished for. */
export function fulfils({ nextSequence, open }: Segmenter, { sequence, part }: Wish): boolean {
  if (sequence < nextSequence) return true;
  return sequence === nextSequence && part !== undefined && (open?.parts.length ?? 0) > part;
}

/** How many parts ahead of the newest may be asked for. */
function partsAhead(partTicks: number): number {
  return partTicks >= TICKS ? 3 : Math.ceil(3 * TICKS / partTicks);
}

/** Whether a wish lies too far in the future to wait for. */
export function isTooFar({ nextSequence, open, partTicks }: Segmenter, wish: Wish): boolean {
  if (wish.sequence >= nextSequence + AHEAD_MAX) return true;
  if (wish.part === undefined || wish.sequence !== nextSequence) return false;
  return wish.part >= (open?.parts.length ?? 0) + partsAhead(partTicks ?? TICKS);
}

const plain = (status: number, text: string): HttpResponse => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
  body: `${text}\n`,
});

/** The playlist, at once or when it holds what the player wishes. */
export async function servePlaylist(
  entry: Entry,
  query: Readonly<Record<string, string>>,
  waitMs: number,
  clock: Clock,
): Promise<HttpResponse> {
  const { segmenter } = entry.channel;
  const wish = wishOf(query);
  if (wish === "bad") {
    return plain(400, "_HLS_msn and _HLS_part are numbers, and _HLS_part needs _HLS_msn");
  }
  const begun = await entry.when(() => segmenter.targetSeconds !== undefined, waitMs, clock);
  if (!begun) return plain(503, "the stream does not flow yet");
  if (wish !== undefined && segmenter.partTicks !== undefined) {
    if (isTooFar(segmenter, wish)) return plain(400, "too far in the future");
    const blockMs = BLOCK_TARGETS * 1000 * (segmenter.targetSeconds ?? 1);
    if (!await entry.when(() => fulfils(segmenter, wish), blockMs, clock)) {
      return plain(503, "the stream has stopped for now");
    }
  }
  return {
    status: 200,
    headers: { "content-type": "application/vnd.apple.mpegurl", "cache-control": "no-cache" },
    body: playlist(segmenter) ?? "",
  };
}

/** A segment `SEQUENCE.ts` or a part `SEQUENCE.PART.ts`; a part that is hinted at is waited for. */
export async function serveSegment(
  entry: Entry,
  name: string,
  clock: Clock,
): Promise<HttpResponse> {
  const { segmenter } = entry.channel;
  const match = /^(\d{1,15})(?:\.(\d{1,6}))?\.ts$/.exec(name);
  if (match === null) return plain(404, "no such segment");
  const sequence = Number(match[1]);
  const part = match[2] === undefined ? undefined : Number(match[2]);
  if (part !== undefined && sequence === segmenter.nextSequence) {
    if (part > (segmenter.open?.parts.length ?? 0)) return plain(404, "no such part yet");
    const blockMs = BLOCK_TARGETS * 1000 * (segmenter.targetSeconds ?? 1);
    await entry.when(() => fulfils(segmenter, { sequence, part }), blockMs, clock);
  }
  const bytes = find(segmenter, sequence, part);
  if (bytes === undefined) return plain(404, "no such segment");
  return {
    status: 200,
    // Numbers are never used twice, so whoever stands between may keep it.
    headers: { "content-type": "video/mp2t", "cache-control": "public, max-age=600, immutable" },
    body: bytes,
  };
}

function find(
  { held, open, nextSequence }: Segmenter,
  sequence: number,
  part: number | undefined,
): Uint8Array | undefined {
  const parts = sequence === nextSequence
    ? part === undefined ? undefined : open?.parts
    : held.find((one) => one.sequence === sequence)?.parts;
  if (parts === undefined) return undefined;
  return part === undefined ? joined(parts.map(({ bytes }) => bytes)) : parts[part]?.bytes;
}
