/** A file of the swarm opened for a pass: what is not here yet is waited for. */
import type { TsContent } from "../../core/media/ts_file.ts";
import {
  checkRate,
  PROBE_BYTES,
  PROBE_FAILURES,
  probeTs,
  type TsProbe,
} from "../../core/media/ts_probe.ts";
import { UserError } from "../../core/plugin.ts";
import type { StoredFiles, StoredReader } from "../../core/slots.ts";
import type { SwarmFile } from "./config.ts";

/** Looked at first; doubled while two clock references are not among them. The tail is still far away. */
const HEAD_FIRST_BYTES = 128 * 1024;

/** Opens a file by way of the peer that is attached. */
export async function openStored(
  wanted: SwarmFile,
  peer: StoredFiles | undefined,
  signal: AbortSignal,
): Promise<TsContent> {
  const fail = (code: string, why: string) =>
    new UserError(code, `Cannot play ${wanted.file}: ${why}`);
  if (peer === undefined) throw fail("no-peer", "this node has no peer role");
  const stored = await peer.open(wanted.file, signal);
  if (stored === undefined) throw fail("no-file", "nobody is known to have it");
  const reader = stored.reader();
  try {
    const probe = await probeOf(reader, stored.sizeBytes, signal);
    if (typeof probe === "string") throw fail("not-playable", PROBE_FAILURES[probe]);
    checkRate(wanted.file, probe.rate, wanted.bitrate);
    return {
      probe,
      read: (offset, into) => reader.read(offset, into, signal),
      [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
    };
  } catch (error) {
    await reader[Symbol.asyncDispose]();
    throw error;
  }
}

async function probeOf(
  reader: StoredReader,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<TsProbe | keyof typeof PROBE_FAILURES> {
  const most = Math.min(PROBE_BYTES, sizeBytes);
  const head = new Uint8Array(most);
  let filled = 0;
  for (let wanted = Math.min(HEAD_FIRST_BYTES, most);; wanted = Math.min(2 * wanted, most)) {
    while (filled < wanted) {
      const got = await reader.read(filled, head.subarray(filled, wanted), signal);
      if (got === 0) break;
      filled += got;
    }
    const seen = head.subarray(0, filled);
    const probe = probeTs(seen, seen, 0);
    if (probe !== "no-clock" || filled < wanted || wanted === most) return probe;
  }
}
