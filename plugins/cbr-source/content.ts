/** A file of the catalogue as it is now, opened for a pass. */
import type { TsContent } from "../../core/media/ts_file.ts";
import { checkRate, PROBE_FAILURES, type TsProbe } from "../../core/media/ts_probe.ts";
import type { FileInfo, Files } from "../../core/ports.ts";
import { type Entry, FileError, probeFile } from "./catalog.ts";
import { isInside } from "./names.ts";

/** Opens one file pass after pass; it is looked into again when it changed. */
export function contentOf(files: Files, entry: Entry): () => Promise<TsContent> {
  let known: { readonly info: FileInfo; readonly probe: TsProbe } | undefined;
  const look = async () => {
    const { path, root, bitrate } = entry;
    const info = await files.stat(path);
    if (info?.kind !== "file" || (root !== undefined && !isInside(info.path, root))) {
      throw new FileError("no-file", `Cannot play ${path}: there is no such file any more`);
    }
    if (
      known?.info.sizeBytes === info.sizeBytes && known.info.modifiedMs === info.modifiedMs
    ) return known;
    const probe = await probeFile(files, info.path);
    if (probe === "other-stride") {
      throw new FileError(
        "not-playable",
        `Cannot play ${path}: ${PROBE_FAILURES[probe]}`,
      );
    }
    checkRate(path, probe.rate, bitrate);
    return known = { info, probe };
  };
  return async () => {
    const { info, probe } = await look();
    const handle = await files.openRead(info.path);
    return {
      probe,
      read: (offset, into) => handle.read(offset, into),
      [Symbol.asyncDispose]: () => handle[Symbol.asyncDispose](),
    };
  };
}
