/** The sessions of a viewer: those of its config, and those that were opened at run time. */
import { sameValue } from "../../core/equal.ts";
import type { StreamName } from "../../core/ids.ts";
import { type Many, UserError } from "../../core/plugin.ts";
import type { Sink } from "../../core/slots.ts";
import { type SessionConfig, SESSIONS_MAX } from "./config.ts";
import { type NamedSink, type SessionNeeds, StreamSession } from "../../core/sink_session.ts";

/** What a session is known by before it has a name: its own, or its stream's. */
function baseOf(wanted: SessionConfig): string {
  return wanted.id ?? wanted.stream.replace("/", "-").slice(0, 56);
}

/** All sessions of one viewer. */
export class SessionBook {
  readonly #needs: Omit<SessionNeeds, "onEnded">;
  readonly #sinks: Many<Sink>;
  readonly #onAllEnded: () => void;
  readonly #sessions = new Map<string, StreamSession>();
  /** What each session was asked for as. */
  readonly #wanted = new Map<string, SessionConfig>();
  /** Which session an entry of the config became. */
  readonly #configured = new Map<SessionConfig, string>();
  /** Sessions of run time, as they were written. */
  readonly #written = new Map<string, unknown>();
  #stopping = false;

  constructor(
    needs: Omit<SessionNeeds, "onEnded">,
    sinks: Many<Sink>,
    onAllEnded: () => void,
  ) {
    this.#needs = needs;
    this.#sinks = sinks;
    this.#onAllEnded = onAllEnded;
  }

  list(): readonly StreamSession[] {
    return [...this.#sessions.values()];
  }

  /** Opens the sessions of the config. */
  async begin(wanted: readonly SessionConfig[]): Promise<void> {
    this.#stopping = false;
    for (const one of wanted) this.#configured.set(one, (await this.open(one)).id);
  }

  /** Opens one; `written` is given for one that the config does not have. */
  async open(wanted: SessionConfig, written?: unknown): Promise<StreamSession> {
    if (this.#sessions.size >= SESSIONS_MAX) {
      throw new UserError("too-many", `Cannot open more than ${SESSIONS_MAX} sessions`);
    }
    const id = this.#idFor(wanted);
    const session = new StreamSession(id, wanted, {
      ...this.#needs,
      onEnded: () => {
        if (!this.#stopping && this.list().every((one) => one.ended)) this.#onAllEnded();
      },
    });
    this.#checkSinks(wanted);
    this.#sessions.set(id, session);
    this.#wanted.set(id, wanted);
    if (written !== undefined) this.#written.set(id, written);
    try {
      await session.open(this.#sinksFor(session));
    } catch (error) {
      this.#forget(id);
      await session.close();
      throw error;
    }
    return session;
  }

  /** Ends one; false when there is none of that name. */
  async close(id: string): Promise<boolean> {
    const session = this.#sessions.get(id);
    this.#forget(id);
    await session?.close();
    return session !== undefined;
  }

  async closeAll(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.list().map((session) => session.close()));
    this.#sessions.clear();
    this.#wanted.clear();
    this.#configured.clear();
    this.#written.clear();
  }

  /** Sinks came, went or want others: every session looks again which are its own. */
  sinksChanged(): void {
    for (const session of this.#sessions.values()) session.playInto(this.#sinksFor(session));
  }

  /**
   * From one list of the config to another: what stays plays on, what is new is opened before what is gone is
   * ended, and a failure leaves all as it was.
   */
  async change(from: readonly SessionConfig[], to: readonly SessionConfig[]): Promise<void> {
    const left = new Map(from.flatMap((one) => {
      const id = this.#configured.get(one);
      return id === undefined ? [] : [[one, id] as const];
    }));
    const next = new Map<SessionConfig, string>();
    const fresh: SessionConfig[] = [];
    for (const one of to) {
      const kept = [...left].find(([old]) => sameValue(old, one)) ??
        // One that was opened at run time and has been written into the config since.
        [...this.#written.keys()].filter((id) => id === one.id && this.#plays(id, one))
          .map((id) => [one, id] as const)[0];
      if (kept === undefined) fresh.push(one);
      else {
        left.delete(kept[0]);
        next.set(one, kept[1]);
      }
    }
    const opened: string[] = [];
    const replaced: SessionConfig[] = [];
    try {
      for (const one of fresh) {
        // A session with a name of its own must go before another can have it.
        const same = [...left].find(([, id]) => id === one.id);
        if (same !== undefined) {
          left.delete(same[0]);
          replaced.push(same[0]);
          await this.close(same[1]);
        }
        const { id } = await this.open(one);
        opened.push(id);
        next.set(one, id);
      }
    } catch (error) {
      for (const id of opened) await this.close(id);
      for (const one of replaced) this.#configured.set(one, (await this.open(one)).id);
      throw error;
    }
    for (const id of left.values()) await this.close(id);
    this.#configured.clear();
    for (const [one, id] of next) {
      this.#configured.set(one, id);
      this.#written.delete(id);
    }
  }

  /** The list of sessions as a config would have it, where it differs from `configured`. */
  written(configured: readonly SessionConfig[]): { sessions: unknown[] } | undefined {
    const kept = configured.filter((one) => this.#configured.has(one));
    if (kept.length === configured.length && this.#written.size === 0) return undefined;
    const added = [...this.#written].map(([id, one]) => ({ ...Object(one), id }));
    return { sessions: [...kept, ...added] };
  }

  /** What would be interrupted; undefined when nothing plays. */
  playing(): string | undefined {
    const playing = this.list().filter((one) => !one.ended).map((one) => one.id);
    return playing.length === 0 ? undefined : `sessions play: ${playing.join(", ")}`;
  }

  #plays(id: string, wanted: SessionConfig): boolean {
    const config = this.#wanted.get(id);
    return config !== undefined && sameValue({ ...config, id }, wanted);
  }

  #forget(id: string): void {
    this.#sessions.delete(id);
    this.#wanted.delete(id);
    this.#written.delete(id);
    for (const [one, of] of this.#configured) if (of === id) this.#configured.delete(one);
  }

  #idFor(wanted: SessionConfig): string {
    const base = baseOf(wanted);
    if (!this.#sessions.has(base)) return base;
    if (wanted.id !== undefined) {
      throw new UserError("session-exists", `Cannot open session "${base}": it is there already`);
    }
    for (let n = 2;; n++) if (!this.#sessions.has(`${base}-${n}`)) return `${base}-${n}`;
  }

  #checkSinks(wanted: SessionConfig): void {
    for (const id of wanted.sinks ?? []) {
      if (this.#sinks.get(id) !== undefined) continue;
      const names = this.#sinks.list().map((one) => one.id).join(", ") || "none";
      throw new UserError(
        "unknown-sink",
        `Cannot open a session on ${wanted.stream}: no sink "${id}" here (known: ${names})`,
      );
    }
  }

  /** What the sink wants, else what the session says. */
  #sinksFor({ id: session, config }: StreamSession): readonly NamedSink[] {
    // The config's pattern is that of a stream's name.
    const stream = config.stream as StreamName;
    const named = this.#wanted.get(session)?.sinks;
    return this.#sinks.list().filter(({ id, it }) =>
      it.wants?.({ session, stream }) ?? named?.includes(id) ?? true
    );
  }
}
