/** The two RIST plugins without a node around them, on any ports: simulated, or Deno's beside real tools. */
import type { Context, Loadable } from "../../core/plugin.ts";
import type { Ports } from "../../core/ports.ts";
import { nodeName } from "../../core/ids.ts";
import type { Slot, Slots } from "../../core/slots.ts";
import type { Life } from "../../core/plugin.ts";
import ristSink from "../../plugins/rist-sink/mod.ts";
import ristSource from "../../plugins/rist-source/mod.ts";

function alone(ports: Ports, name: string): Context<Slot> {
  const self = nodeName(name);
  if (self === undefined) throw new Error(`Cannot make a node: "${name}" is no name`);
  const none = (slot: Slot): never => {
    throw new Error(`Cannot use slot "${slot}": the plugin stands alone`);
  };
  return {
    ...ports,
    self: {
      name: self,
      instance: 1,
      roles: [],
      listen: "127.0.0.1",
      advertise: "127.0.0.1",
      ports: { control: 0, keepalive: 0, media: 0 },
      bootstrap: undefined,
      version: "0",
    },
    id: name,
    use: none,
    all: none,
    finish: () => {},
  };
}

function create<K extends "source" | "sink">(
  plugin: Loadable,
  _slot: K,
  ports: Ports,
  options: unknown,
): Slots[K] & Life {
  // definePlugin made sure that a plugin of this slot returns its interface.
  return plugin.create(alone(ports, plugin.name), plugin.check(options)) as Slots[K] & Life;
}

/** A RIST sink on these ports. */
export const makeRistSink = (ports: Ports, options: unknown) =>
  create(ristSink, "sink", ports, options);
/** A RIST source on these ports. */
export const makeRistSource = (ports: Ports, options: unknown) =>
  create(ristSource, "source", ports, options);

/** One array of many. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
