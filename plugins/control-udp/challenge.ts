/** The one answer that strangers get. */
import { type AnyEnvelope, encode, type Envelope } from "../../core/wire/control_codec.ts";

/**
 * A CHALLENGE for the sender of `asked`, which was `askedBytes` long on the wire; undefined when it would
 * be longer than that. Names what was refused, so that the sender can send it again, where there is room.
 */
export function makeChallenge(
  head: Pick<Envelope<"CHALLENGE">, "from" | "instance" | "seq" | "mine">,
  asked: AnyEnvelope,
  askedBytes: number,
): Uint8Array | undefined {
  const challenge: Envelope<"CHALLENGE"> = {
    ...head,
    type: "CHALLENGE",
    body: {},
    token: asked.mine,
    re: asked.type === "HELLO" ? undefined : asked.seq,
  };
  let bytes = encode(challenge);
  if (bytes.length > askedBytes) bytes = encode({ ...challenge, re: undefined });
  return bytes.length > askedBytes ? undefined : bytes;
}
