/** Plays a file while it downloads: ffplay reads it from the peer's own HTTP server. */
import type { Spawn } from "../core/ports.ts";
import type { FoundFile } from "../core/swarm/index_messages.ts";
import type { SwarmStatus } from "./swarm_progress.ts";

/** How often it is looked whether enough is here to begin. */
const LOOK_MS = 50;
/** Read at once for a measurement of the rate. */
const HEAD_BYTES = 512 * 1024;
/** Played seconds that must be here before the player starts. */
const START_SECONDS = 1;

/** Bits a second of a file from its length and the duration that an MP4 header names; undefined when it names none. */
export function mp4BytesPerSecond(head: Uint8Array, sizeBytes: number): number | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  // The mvhd box (ISO/IEC 14496-12) is found by its name: it lies at the front of any file that plays early.
  for (let at = 4; at + 32 < head.length; at++) {
    if (view.getUint32(at) !== 0x6d766864) continue;
    const long = head[at + 4] === 1;
    const scale = view.getUint32(at + (long ? 24 : 16));
    const duration = long ? Number(view.getBigUint64(at + 28)) : view.getUint32(at + 20);
    const seconds = scale === 0 ? 0 : duration / scale;
    return seconds > 0.1 && Number.isFinite(seconds) ? sizeBytes / seconds : undefined;
  }
  return undefined;
}

/** Reads the first bytes, as they come. */
async function readHead(url: string, bytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const reply = await fetch(url, { headers: { range: `bytes=0-${bytes - 1}` }, signal });
  return new Uint8Array(await reply.arrayBuffer());
}

/**
 * Waits until what is here covers the measured rates, then starts ffplay; resolves when it ends. Where
 * the download is slower than the file plays, the missing share is gathered first.
 */
export async function playWhile(
  file: FoundFile,
  status: () => SwarmStatus,
  spawn: Spawn,
  signal: AbortSignal,
): Promise<void> {
  const wait = () => new Promise((done) => setTimeout(done, LOOK_MS));
  while (status().http === undefined && !signal.aborted) await wait();
  const url = `${status().http}/files/${file.id}`;
  const head = await readHead(url, Math.min(HEAD_BYTES, file.size), signal);
  const needed = mp4BytesPerSecond(head, file.size) ?? 0;
  for (;;) {
    if (signal.aborted) return;
    const now = status();
    const transfer = now.transfers.find((one) => one.id === file.id);
    const held = transfer?.verifiedBytes ?? 0;
    const shortage = Math.max(0, 1 - now.downBytesPerSecond / Math.max(needed, 1));
    const wanted = needed * START_SECONDS + shortage * (file.size - needed * START_SECONDS);
    if (transfer?.complete === true || held >= Math.min(file.size, wanted)) break;
    await wait();
  }
  const player = spawn(["ffplay", "-hide_banner", "-loglevel", "error", "-autoexit", url]);
  const ended = new Promise<void>((done) => player.onExit(() => done()));
  const stop = (): void => player.kill();
  signal.addEventListener("abort", stop);
  await ended;
  signal.removeEventListener("abort", stop);
  await player[Symbol.asyncDispose]();
}
