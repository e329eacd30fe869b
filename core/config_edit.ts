/**
 * Writes changed values back into a config's text: comments, order, anchors and `${NAME}` stay where nothing
 * changed. Plugins are told apart by their ids, so that a list may be reordered by hand meanwhile.
 */
import { isPlain, sameValue } from "./equal.ts";
import { ConfigError } from "./plugin.ts";
import { type Document, isMap, isSeq, parseDocument } from "./yaml.ts";

type Path = readonly (string | number)[];

/** How a plugin is called in its list: by its id, or by what it uses. */
export function pluginKey(entry: unknown): string | undefined {
  if (!isPlain(entry)) return undefined;
  const key = entry.id ?? entry.use;
  return typeof key === "string" ? key : undefined;
}

/** Sets, below `path`, what `after` says otherwise than `before`. */
function edit(doc: Document, path: Path, before: unknown, after: unknown): void {
  if (sameValue(before, after)) return;
  const inPlace = isPlain(before) && isPlain(after) && isMap(doc.getIn(path));
  if (!inPlace) {
    // A bare scalar goes into the node that is there, which keeps its comment.
    doc.setIn(path, typeof after === "object" ? doc.createNode(after) : after);
    return;
  }
  for (const key of Object.keys(before)) {
    if (after[key] === undefined) doc.deleteIn([...path, key]);
  }
  for (const [key, value] of Object.entries(after)) {
    if (value !== undefined) edit(doc, [...path, key], before[key], value);
  }
}

function keysOf(list: unknown): (string | undefined)[] {
  return Array.isArray(list) ? list.map(pluginKey) : [];
}

function editPlugins(doc: Document, before: readonly unknown[], after: readonly unknown[]): void {
  const wanted = new Set(keysOf(after));
  const known = new Map(before.map((entry) => [pluginKey(entry), entry]));
  const indexOf = (key: string | undefined) => keysOf(doc.toJS().plugins).indexOf(key);
  for (const key of known.keys()) {
    const index = wanted.has(key) ? -1 : indexOf(key);
    if (index >= 0) doc.deleteIn(["plugins", index]);
  }
  for (const entry of after) {
    const key = pluginKey(entry);
    const index = indexOf(key);
    if (index < 0) doc.addIn(["plugins"], doc.createNode(entry));
    else edit(doc, ["plugins", index], known.get(key), entry);
  }
}

/**
 * The text with `after` in the place of `before`, both plain values of a whole config. Throws `ConfigError`
 * when the text is no config that could be changed.
 */
export function editConfig(text: string, before: unknown, after: unknown): string {
  const doc = parseDocument(text, { version: "1.2" });
  const plugins = doc.errors.length === 0 && isMap(doc.contents) && doc.get("plugins");
  if (!isPlain(before) || !isPlain(after) || !isSeq(plugins)) {
    throw new ConfigError([{ path: [], message: "the text is no config that could be changed" }]);
  }
  const { plugins: oldOnes, ...oldRest } = before;
  const { plugins: newOnes, ...newRest } = after;
  for (const key of new Set([...Object.keys(oldRest), ...Object.keys(newRest)])) {
    if (newRest[key] === undefined) doc.deleteIn([key]);
    else edit(doc, [key], oldRest[key], newRest[key]);
  }
  editPlugins(doc, Array.isArray(oldOnes) ? oldOnes : [], Array.isArray(newOnes) ? newOnes : []);
  return doc.toString({ lineWidth: 0, flowCollectionPadding: true });
}
