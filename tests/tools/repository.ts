/** The files of this repository. */

/** The repository's root. */
export const ROOT = new URL("../../", import.meta.url);

const SKIPPED: ReadonlySet<string> = new Set([
  ".git",
  "out",
  "recordings",
  "node_modules",
  "coverage",
]);

/** Paths from the root of all files with this ending, sorted. */
export function filesEnding(ending: string, under = ""): readonly string[] {
  const found: string[] = [];
  for (const entry of Deno.readDirSync(new URL(under, ROOT))) {
    const path = `${under}${entry.name}`;
    if (entry.isDirectory && !SKIPPED.has(entry.name)) {
      found.push(...filesEnding(ending, `${path}/`));
    } else if (entry.isFile && entry.name.endsWith(ending)) found.push(path);
  }
  return found.sort();
}
