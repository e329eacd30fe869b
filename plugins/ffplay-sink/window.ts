/** One session's ffplay: its process, its input and its end. */
import { Alarm } from "../../core/alarm.ts";
import { Listeners } from "../../core/listeners.ts";
import type { MediaChunk } from "../../core/media/api.ts";
import type { Child, Counter, Ports } from "../../core/ports.ts";
import type { SessionInfo, SinkSession } from "../../core/slots.ts";
import type { Config } from "./config.ts";
import { DropGate, Player, type PlayerEffect, type PlayerEvent } from "./protocol.ts";

/** ffplay's arguments: live, from its standard input, and nothing but that. */
export function playerArgv(config: Config, session: SessionInfo): readonly string[] {
  const title = config.title.replace(
    /\{(stream|session)\}/g,
    (_whole, key: string) => key === "stream" ? session.stream : session.session,
  );
  return [
    config.ffplay,
    ...["-hide_banner", "-loglevel", "warning", "-nostats"],
    ...["-fflags", "nobuffer", "-flags", "low_delay", "-framedrop"],
    ...["-probesize", "500000", "-analyzeduration", "1000000"],
    ...["-window_title", title],
    ...config.args,
    ...["-protocol_whitelist", "pipe", "-f", "mpegts", "-i", "pipe:0"],
  ];
}

/** Feeds one player and keeps it alive. */
export class Window implements SinkSession {
  readonly #ended = new Listeners();
  readonly #player: Player;
  readonly #gate: DropGate;
  readonly #retry: Alarm;
  #child: Child | undefined;
  #held: Disposable[] = [];
  #closed = false;
  #packets = 0;
  #bytes = 0;
  #droppedBytes = 0;
  #lost = 0;

  constructor(
    readonly ports: Pick<Ports, "clock" | "spawn" | "log">,
    readonly config: Config,
    readonly session: SessionInfo,
    readonly dropped: Counter,
  ) {
    this.#player = new Player(config.onClose, config.retry);
    this.#gate = new DropGate(config.queue);
    this.#retry = new Alarm(ports.clock, () => this.#handle({ kind: "retry" }));
    this.#handle({ kind: "open" });
  }

  push(chunks: readonly MediaChunk[]): void {
    const child = this.#child;
    for (const { payload, lostBefore } of chunks) {
      this.#lost += lostBefore;
      if (child === undefined || !this.#gate.admits(child.queuedBytes)) {
        this.#droppedBytes += payload.length;
        this.dropped.add(payload.length);
        continue;
      }
      child.write(payload);
      this.#packets++;
      this.#bytes += payload.length;
    }
  }

  onEnd(fn: () => void): Disposable {
    return this.#ended.on(fn);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry[Symbol.dispose]();
    this.#ended.clear();
    const child = this.#release();
    child?.closeInput();
    await child?.[Symbol.asyncDispose]();
  }

  status(): object {
    return {
      player: this.#player.state,
      pid: this.#child?.pid,
      restarts: this.#player.restarts,
      packets: this.#packets,
      bytes: this.#bytes,
      queuedBytes: this.#child?.queuedBytes ?? 0,
      droppedBytes: this.#droppedBytes,
      lost: this.#lost,
    };
  }

  #handle(event: PlayerEvent): void {
    if (this.#closed) return;
    for (const effect of this.#player.handle(event, this.ports.clock.now())) this.#do(effect);
  }

  #do(effect: PlayerEffect): void {
    switch (effect.kind) {
      case "spawn":
        return this.#spawn();
      case "retry":
        return this.#retry.set(this.ports.clock.now() + effect.afterMs);
      case "end":
        return this.#ended.emit();
      case "tell":
        return this.ports.log[effect.level](effect.text, {
          session: this.session.session,
          stream: this.session.stream,
        });
    }
  }

  #spawn(): void {
    let child: Child;
    try {
      const { videoDrivers } = this.config;
      child = this.ports.spawn(playerArgv(this.config, this.session), {
        stdin: true,
        ...(videoDrivers === "" ? {} : { env: { SDL_VIDEODRIVER: videoDrivers } }),
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return this.#handle({ kind: "cannot-start", why });
    }
    this.#child = child;
    this.#held = [
      child.onErrorLine((line) => this.#handle({ kind: "line", line })),
      child.onExit(({ code }) => {
        this.#release();
        this.#handle({ kind: "exit", code });
      }),
    ];
  }

  #release(): Child | undefined {
    const child = this.#child;
    this.#child = undefined;
    for (const one of this.#held.splice(0)) one[Symbol.dispose]();
    return child;
  }
}
