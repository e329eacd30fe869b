/** Paths in a config are relative to the file they stand in, wherever the program was started. */
import { dirname, resolve } from "node:path";
import type { Files } from "../core/ports.ts";

/** The same files, with relative paths taken from the folder of `configFile`. */
export function filesBeside(configFile: string, files: Files): Files {
  const folder = dirname(resolve(configFile));
  const at = (path: string) => resolve(folder, path);
  return {
    stat: (path) => files.stat(at(path)),
    realPath: (path) => files.realPath(at(path)),
    list: (path) => files.list(at(path)),
    openRead: (path) => files.openRead(at(path)),
    openWrite: (path, mode) => files.openWrite(at(path), mode),
    openUpdate: (path) => files.openUpdate(at(path)),
    makeFolder: (path) => files.makeFolder(at(path)),
    rename: (from, to) => files.rename(at(from), at(to)),
    remove: (path) => files.remove(at(path)),
  };
}
