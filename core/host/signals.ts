/** The signals that end a node. */

/** The part of Deno that signals need; a test brings its own. */
export interface SignalSource {
  add(signal: Deno.Signal, fn: () => void): void;
  remove(signal: Deno.Signal, fn: () => void): void;
  exit(code: number): void;
}

const SYSTEM: SignalSource = {
  add: (signal, fn) => Deno.addSignalListener(signal, fn),
  remove: (signal, fn) => Deno.removeSignalListener(signal, fn),
  exit: (code) => Deno.exit(code),
};

/** Exit codes of a program that a signal ended, as shells count them: 128 and the signal's number. */
const FORCED_EXIT = { SIGINT: 130, SIGTERM: 143 } as const;

/** A signal that asks a node to leave. */
export type StopSignal = keyof typeof FORCED_EXIT;

/**
 * Calls `onStop` on the first SIGINT or SIGTERM. A second one ends the process at once: whoever presses
 * Ctrl-C twice does not want to wait. Windows knows SIGINT only.
 */
export function onStopSignal(
  onStop: (signal: StopSignal) => void,
  source: SignalSource = SYSTEM,
  os: typeof Deno.build.os = Deno.build.os,
): Disposable {
  let stopping = false;
  const signals: readonly StopSignal[] = os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const held = signals.map((signal) => {
    const fn = (): void => {
      if (!stopping) {
        stopping = true;
        onStop(signal);
      } else source.exit(FORCED_EXIT[signal]);
    };
    source.add(signal, fn);
    return { signal, fn };
  });
  return {
    [Symbol.dispose]: () => {
      for (const { signal, fn } of held.splice(0)) source.remove(signal, fn);
    },
  };
}

/** Whether a terminal that was there is gone: then SIGHUP says just that. */
function terminalWatch(): () => boolean {
  const has = (): boolean => {
    try {
      return Deno.consoleSize().columns >= 0;
    } catch {
      return false;
    }
  };
  const had = has();
  return () => had && !has();
}

/**
 * Calls `onReload` on every SIGHUP, as daemons do, and `onHangUp` where its terminal is gone. Windows, where
 * it says that a console closes, only hangs up.
 */
export function onReloadSignal(
  onReload: () => void,
  onHangUp: () => void,
  source: SignalSource = SYSTEM,
  hungUp: () => boolean = Deno.build.os === "windows" ? () => true : terminalWatch(),
): Disposable {
  const fn = (): void => hungUp() ? onHangUp() : onReload();
  source.add("SIGHUP", fn);
  return { [Symbol.dispose]: () => source.remove("SIGHUP", fn) };
}
