/** Chooses a hop's loss recovery. */
import type { RecoverySpec } from "../api.ts";
import { FecRecovery } from "./fec.ts";
import { NackRecovery } from "./nack.ts";
import { NoRecovery } from "./none.ts";
import type { HopRecovery } from "./recovery.ts";

/** One recovery for one stream. */
export function makeRecovery(spec: RecoverySpec): HopRecovery {
  switch (spec.algorithm) {
    case "none":
      return new NoRecovery();
    case "nack":
      return new NackRecovery(spec.options);
    case "fec":
      return new FecRecovery(
        spec.options,
        spec.nack === undefined ? undefined : new NackRecovery(spec.nack),
      );
  }
}
