/**
 * Names of files as they travel. A name from somebody else is a label for people; it becomes part of a
 * path only when it is one plain name by these rules, so that nothing it says can leave its folder, hide
 * itself, or read differently from what it is.
 */

/** Longest name in UTF-8: the limit of common file systems, with room for " (2)" and the like. */
export const NAME_MAX_BYTES = 240;

/** Controls, separators of lines, formatting and direction marks, private use, lone surrogates. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0\u034f]/u;
/** What separates or escapes on some file system, and look-alikes of slashes. */
const SPECIAL = /[/\\:*?"<>|\u2044\u2215\u29f8\uff0f\uff3c\u29f9\u2216]/u;
/** Devices of Windows, whatever their extension. */
const DEVICE =
  /^(con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])(\.|$)/i;

/** Whether `text` is a plain file name: normalized (NFC), visible, no path, not hidden. */
export function isFileName(text: string): boolean {
  if (text.length === 0 || text.length > NAME_MAX_BYTES) return false;
  if (new TextEncoder().encode(text).length > NAME_MAX_BYTES) return false;
  if (UNSEEN.test(text) || SPECIAL.test(text) || DEVICE.test(text)) return false;
  if (text.startsWith(".") || text.startsWith("~") || text.startsWith("-")) return false;
  return text.trim() === text && !text.endsWith(".") && text.normalize("NFC") === text;
}

/** As many whole characters from the front as fit. */
function cut(text: string, bytes: number): string {
  let kept = "";
  let left = bytes;
  for (const char of text) {
    left -= new TextEncoder().encode(char).length;
    if (left < 0) break;
    kept += char;
  }
  return kept;
}

/** The name under which a local file is shown to others: its own, or the nearest plain one. */
export function publicName(text: string): string {
  const wide = new RegExp(`${UNSEEN.source}|${SPECIAL.source}`, "gu");
  let name = text.normalize("NFC").replace(wide, "_").replace(/^[.~\-\s]+/, "")
    .replace(/[.\s]+$/, "");
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 && name.length - dot < 12 ? name.slice(dot) : "";
  const room = NAME_MAX_BYTES - new TextEncoder().encode(extension).length;
  const stem = name.slice(0, name.length - extension.length);
  if (new TextEncoder().encode(stem).length > room) {
    name = `${cut(stem, room).trimEnd()}${extension}`;
  }
  if (DEVICE.test(name)) name = `_${name}`;
  return isFileName(name) ? name : "file";
}

/** How names are compared in searches: case and accents count for nothing. */
export function searchKey(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
