import assert from "node:assert/strict";
import { onStopSignal } from "./signals.ts";

function fakeSystem() {
  const listeners = new Map<Deno.Signal, () => void>();
  const exits: number[] = [];
  return {
    listeners,
    exits,
    add: (signal: Deno.Signal, fn: () => void) => void listeners.set(signal, fn),
    remove: (signal: Deno.Signal) => void listeners.delete(signal),
    exit: (code: number) => void exits.push(code),
  };
}

Deno.test("the first signal asks to stop, the second ends the process", () => {
  const system = fakeSystem();
  const asked: string[] = [];
  using _held = onStopSignal((signal) => asked.push(signal), system, "linux");
  system.listeners.get("SIGTERM")?.();
  system.listeners.get("SIGHUP")?.();
  assert.deepEqual([asked, system.exits], [["SIGTERM"], []]);
  system.listeners.get("SIGINT")?.();
  assert.deepEqual([asked, system.exits], [["SIGTERM"], [130]]);
});

Deno.test("a hang-up alone asks to stop as well, and Windows is not asked for SIGTERM", () => {
  const system = fakeSystem();
  const asked: string[] = [];
  using _held = onStopSignal((signal) => asked.push(signal), system, "windows");
  assert.equal(system.listeners.has("SIGTERM"), false);
  system.listeners.get("SIGHUP")?.();
  assert.deepEqual(asked, ["SIGHUP"]);
});

Deno.test("disposing lets go of every signal", () => {
  const system = fakeSystem();
  onStopSignal(() => {}, system, "linux")[Symbol.dispose]();
  assert.equal(system.listeners.size, 0);
});
