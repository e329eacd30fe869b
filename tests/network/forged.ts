/** Every kind of packet that a forger could have seen, to be sent in another's name. */
import type { NodeName } from "../../core/ids.ts";
import { sampleBody } from "../../core/wire/arbitrary.ts";
import { type AnyEnvelope, encode, MESSAGE_TYPES } from "../../core/wire/control_codec.ts";
import type { Network } from "./network.ts";

/** One valid message of each type of the control plane, by type. */
export function controlMessages(): Map<string, Uint8Array> {
  return new Map(MESSAGE_TYPES.flatMap((type): [string, Uint8Array][] => {
    const envelope = {
      type,
      from: "v9" as NodeName,
      instance: 1,
      seq: 7,
      body: sampleBody(type),
      token: new Uint8Array(8).fill(5),
      mine: new Uint8Array(8).fill(6),
    };
    const bytes = encode(envelope as unknown as AnyEnvelope, 1 << 20);
    return bytes.length > 1200 ? [] : [[type, bytes]];
  }));
}

/** Everything that a sniffer between two honest nodes has seen of the other planes, kept to be sent again. */
export async function overheard(net: Network): Promise<Map<string, Uint8Array>> {
  const seen = new Map<string, Uint8Array>();
  using _sniffer = net.world.sniff((_from, to, bytes, _fate, plane) => {
    if (to.host !== "r1" || plane === "control") return;
    const kind = bytes[1] ?? 0;
    seen.set(`${plane} kind ${kind} of ${bytes.length} bytes`, bytes);
  });
  net.crash("v");
  await net.restart("v");
  await net.world.runFor(4000);
  return seen;
}
