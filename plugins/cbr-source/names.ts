/** Stream names from file names. Pure. */
import { NAME_PATTERN } from "../../core/ids.ts";

/** Leaves room for a number behind it within the 64 characters of a name. */
const STEM_MAX = 58;

/** The last part of a path. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** The extension in lower case, without its dot; empty when there is none. */
export function extensionOf(path: string): string {
  const base = baseName(path);
  const dot = base.lastIndexOf(".");
  return dot <= 0 ? "" : base.slice(dot + 1).toLowerCase();
}

/** The file's name without its extension. */
export function stemOf(path: string): string {
  const base = baseName(path);
  const dot = base.lastIndexOf(".");
  return dot <= 0 ? base : base.slice(0, dot);
}

/** A name for the file's stream that is not taken yet. */
export function streamNameFor(path: string, taken: (name: string) => boolean): string {
  const plain = stemOf(path).normalize("NFKD").replace(/[\u0300-\u036f]/g, "")
    .replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+|-+$/g, "").slice(0, STEM_MAX);
  const stem = NAME_PATTERN.test(plain) ? plain : "clip";
  if (!taken(stem)) return stem;
  for (let n = 2;; n++) if (!taken(`${stem}-${n}`)) return `${stem}-${n}`;
}

/** Whether `path` lies inside `folder`; both with links resolved. */
export function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}
