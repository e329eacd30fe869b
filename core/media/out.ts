/** Where the engine leaves what it wants done. The lists are reused: read them, then `clear()`. */
import type { EngineEvent, LinkId, OutPacket, ReceiverEvent } from "./api.ts";

const NOTHING = new Uint8Array(0);
const NOBODY: readonly LinkId[] = [];

/** Something for a receiver. */
export interface Delivery {
  readonly receiver: number;
  readonly event: ReceiverEvent;
}

class Slot implements OutPacket {
  bytes: Uint8Array = NOTHING;
  targets: readonly LinkId[] = NOBODY;
}

/** Sends, events and deliveries of one engine, in order. The slots of `sends` are reused. */
export class Outbox {
  readonly #slots: Slot[] = [];
  #sends = 0;
  #packets = 0;
  readonly events: EngineEvent[] = [];
  readonly deliveries: Delivery[] = [];

  /** How many packets wait to be sent. */
  get sends(): number {
    return this.#sends;
  }

  /** Datagrams in all packets so far, counted once a target, since the engine began. */
  get datagrams(): number {
    return this.#packets;
  }

  /** Packet `index`, valid until `clear`. */
  sendAt(index: number): OutPacket | undefined {
    return index < this.#sends ? this.#slots[index] : undefined;
  }

  /** The same bytes to every target. Neither is changed from here on. */
  send(bytes: Uint8Array, targets: readonly LinkId[]): void {
    let slot = this.#slots[this.#sends];
    if (slot === undefined) this.#slots.push(slot = new Slot());
    slot.bytes = bytes;
    slot.targets = targets;
    this.#sends++;
    this.#packets += targets.length;
  }

  /** Forgets everything that was handed out. */
  clear(): void {
    for (let index = 0; index < this.#sends; index++) {
      const slot = this.#slots[index];
      if (slot !== undefined) slot.bytes = NOTHING;
    }
    this.#sends = 0;
    this.events.length = 0;
    this.deliveries.length = 0;
  }
}
