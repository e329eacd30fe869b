/** The one module that names the YAML library, so that another one costs one line. */
export {
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parse,
  parseDocument,
  visit,
} from "yaml";
export type { Document, Node, Pair } from "yaml";
