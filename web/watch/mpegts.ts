/**
 * mpegts.js as one object. It is a CommonJS module whose types describe an ES module; bundlers differ in which
 * of the two they hand out.
 */
import * as loaded from "mpegts.js";

type Library = typeof loaded.default.default;

const isLibrary = (value: unknown): value is Library =>
  typeof value === "object" && value !== null && "createPlayer" in value;

function find(): Library {
  const candidates: unknown[] = [loaded, loaded.default, loaded.default.default];
  const found = candidates.find(isLibrary);
  if (found === undefined) throw new Error("Cannot load mpegts.js: it is not what it was");
  return found;
}

export const mpegts: Library = find();
