import assert from "node:assert/strict";
import { onReloadSignal, onStopSignal } from "./signals.ts";

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
  assert.deepEqual([asked, system.exits], [["SIGTERM"], []]);
  system.listeners.get("SIGINT")?.();
  assert.deepEqual([asked, system.exits], [["SIGTERM"], [130]]);
});

Deno.test("a hang-up reloads while there is a terminal, or never was one, and stops when it is gone", () => {
  const system = fakeSystem();
  const asked: string[] = [];
  let gone = false;
  const held = onReloadSignal(
    () => asked.push("reload"),
    () => asked.push("stop"),
    system,
    () => gone,
  );
  system.listeners.get("SIGHUP")?.();
  system.listeners.get("SIGHUP")?.();
  gone = true;
  system.listeners.get("SIGHUP")?.();
  assert.deepEqual(asked, ["reload", "reload", "stop"]);
  held[Symbol.dispose]();
  assert.equal(system.listeners.size, 0);
});

Deno.test("Windows is not asked for SIGTERM", () => {
  const system = fakeSystem();
  using _held = onStopSignal(() => {}, system, "windows");
  assert.deepEqual([...system.listeners.keys()], ["SIGINT"]);
});

Deno.test("disposing lets go of every signal", () => {
  const system = fakeSystem();
  onStopSignal(() => {}, system, "linux")[Symbol.dispose]();
  assert.equal(system.listeners.size, 0);
});
