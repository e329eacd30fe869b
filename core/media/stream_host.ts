/** The engine as its streams see it. */
import type { RtcpWriter } from "../wire/rtcp.ts";
import type { PacketMemory } from "./memory.ts";
import type { Outbox } from "./out.ts";
import type { Receiver } from "./receiver.ts";
import type { Stream } from "./stream.ts";

/** What a stream uses of its engine. */
export interface StreamHost {
  readonly out: Outbox;
  readonly writer: RtcpWriter;
  readonly reporter: number;
  readonly memory: PacketMemory;
  /** The stream wants `tick` at `atMs`. */
  wake(stream: Stream, atMs: number): void;
  /** The receiver has something for the outbox. */
  touched(receiver: Receiver): void;
}
