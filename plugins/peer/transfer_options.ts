/** What the brain of one file is made of. */
import type { NodeName } from "../../core/ids.ts";
import type { FetcherOptions } from "./fetching.ts";

/** Options of a `Transfer`. */
export interface TransferOptions extends FetcherOptions {
  /** This node's own. */
  readonly name: NodeName;
  readonly layer: Uint8Array | undefined;
  readonly requestTimeoutMs: number;
}
