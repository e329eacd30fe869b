/** What is posted, and the signature by which the receiver knows it. */
import { createHmac } from "node:crypto";
import type { NodeName } from "../../core/ids.ts";
import type { NodeEvent } from "../../core/ports.ts";

/** Headers and body of one delivery. */
export interface Delivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** HMAC-SHA256 over `TIMESTAMP.BODY`: the time is signed too, so that a receiver can refuse what is replayed. */
export function signatureOf(secret: string, timestamp: number, body: string): string {
  return `sha256=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`;
}

/** The delivery of an event at a wall-clock time. */
export function deliveryOf(
  event: NodeEvent,
  node: NodeName,
  attempt: number,
  wallMs: number,
  secret: string | undefined,
): Delivery {
  const timestamp = Math.floor(wallMs / 1000);
  const body = JSON.stringify({ node, ...event });
  const signed = secret === undefined
    ? {}
    : { "x-espalier-signature": signatureOf(secret, timestamp, body) };
  return {
    body,
    headers: {
      "content-type": "application/json",
      "user-agent": "espalier",
      "x-espalier-event": event.kind,
      // The same for every attempt, so that a receiver can drop what it has already.
      "x-espalier-delivery": `${node}-${event.id}`,
      "x-espalier-attempt": String(attempt),
      "x-espalier-timestamp": String(timestamp),
      ...signed,
    },
  };
}
