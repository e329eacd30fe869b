/** One source or sink on the real ports of this machine, without a node around it. */
import assert from "node:assert/strict";
import { testPorts } from "../../core/host/testing.ts";
import { nodeName, type StreamName, streamName } from "../../core/ids.ts";
import type { Loadable } from "../../core/plugin.ts";
import type { Sink, Slots, Source } from "../../core/slots.ts";

/** A running plugin and what its ports remember. */
export interface RealEnd<T> extends AsyncDisposable {
  readonly it: T;
  readonly ports: ReturnType<typeof testPorts>;
}

async function start<K extends "source" | "sink">(
  slot: K,
  plugin: Loadable,
  config: unknown,
): Promise<RealEnd<Slots[K]>> {
  assert.equal(plugin.slot, slot);
  const name = nodeName("n1");
  assert.ok(name !== undefined);
  const ports = testPorts();
  const nobody = () => {
    throw new Error("a source or a sink needs nobody");
  };
  const life = plugin.create({
    ...ports,
    self: {
      name,
      instance: 1,
      roles: [],
      listen: "127.0.0.1",
      advertise: "127.0.0.1",
      ports: { control: 0, keepalive: 0, media: 0 },
      bootstrap: undefined,
      version: "0",
    },
    id: plugin.name,
    use: nobody,
    all: nobody,
    finish() {},
  }, plugin.check(config));
  await life.start(new AbortController().signal);
  return {
    // definePlugin made sure that a plugin of this slot returns its interface.
    it: life as unknown as Slots[K],
    ports,
    async [Symbol.asyncDispose]() {
      await life.stop();
    },
  };
}

/** Starts a source. */
export const realSource = (plugin: Loadable, config: unknown): Promise<RealEnd<Source>> =>
  start("source", plugin, config);

/** Starts a sink. */
export const realSink = (plugin: Loadable, config: unknown): Promise<RealEnd<Sink>> =>
  start("sink", plugin, config);

/** A stream's name that is known to be one. */
export function named(text: string): StreamName {
  const name = streamName(text);
  assert.ok(name !== undefined);
  return name;
}

/** Why a program cannot be used here; undefined when it can. */
export function lacks(program: string, args: readonly string[] = ["-version"]): string | undefined {
  try {
    new Deno.Command(program, { args: [...args], stdout: "null", stderr: "null" }).outputSync();
    return undefined;
  } catch {
    return `${program} is not installed`;
  }
}
