/**
 * A client of the admin API for scripts: typed by the schemas that the API itself is checked and described by.
 * No dependency; runs wherever there is `fetch`.
 *
 * ```ts
 * import { connect } from "espalier/client";
 *
 * const relay = connect("http://127.0.0.1:8111");
 * await relay.patch("tree", { interval: "2s" });
 * for await (const event of relay.events({ since: 0 })) console.log(event.kind, event.fields);
 * ```
 */
import type { z } from "zod";
import type {
  builtinAnswer,
  changeAnswer,
  childAnswer,
  configAnswer,
  eventAnswer,
  eventPageAnswer,
  logAnswer,
  neighborAnswer,
  nodeAnswer,
  pluginAnswer,
  popAnswer,
  problemAnswer,
  recordingAnswer,
  sessionAnswer,
  streamAnswer,
  treeAnswer,
} from "../core/answers.ts";

/** A node. */
export type NodeView = z.infer<typeof nodeAnswer>;
/** A neighbor and its link. */
export type NeighborView = z.infer<typeof neighborAnswer>;
/** Routes, subscriptions and children. */
export type TreeView = z.infer<typeof treeAnswer>;
/** A stream. */
export type StreamView = z.infer<typeof streamAnswer>;
/** A relay that viewers may attach to. */
export type PopView = z.infer<typeof popAnswer>;
/** A viewer's session. */
export type SessionView = z.infer<typeof sessionAnswer>;
/** A child that is sent a stream. */
export type ChildView = z.infer<typeof childAnswer>;
/** A running plugin. */
export type PluginView = z.infer<typeof pluginAnswer>;
/** A plugin that could run. */
export type BuiltinView = z.infer<typeof builtinAnswer>;
/** What a change did. */
export type ChangeView = z.infer<typeof changeAnswer>;
/** The config as it runs. */
export type ConfigView = z.infer<typeof configAnswer>;
/** A recording under way. */
export type RecordingView = z.infer<typeof recordingAnswer>;
/** Something that happened. */
export type EventView = z.infer<typeof eventAnswer>;
/** Events after an id. */
export type EventPageView = z.infer<typeof eventPageAnswer>;
/** What is wrong with a request (RFC 9457). */
export type ProblemView = z.infer<typeof problemAnswer>;
/** How much is logged. */
export type LogLevel = z.infer<typeof logAnswer>["level"];

/** A plugin as a config names it. */
export interface PluginInput {
  readonly use: string;
  readonly id?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

/** A session that is asked for. */
export interface SessionInput {
  readonly stream: string;
  readonly id?: string;
  readonly sinks?: readonly string[];
  readonly budget?: string;
  readonly pace?: "asap" | "smooth";
}

/** A recording that is asked for. */
export interface RecordingInput {
  readonly session: string;
  readonly id?: string;
  readonly folder?: string;
  readonly name?: string;
}

/** How a change is made. */
export interface ChangeOptions {
  /** Also where it interrupts media. */
  readonly force?: boolean;
}

/** How a node is reached. */
export interface ConnectOptions {
  /** Its `admin.token`. */
  readonly token?: string;
  /** Longest wait for an answer; 10 s when left out. */
  readonly timeoutMs?: number;
}

/** The node refused: `problem` says what and why, `problem.code` is stable. */
export class ApiError extends Error {
  override name = "ApiError";
  constructor(readonly problem: ProblemView) {
    super(problem.detail);
  }
}

const RETRY_MS = 1000;

async function problemOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const problem: ProblemView = JSON.parse(text);
    if (typeof problem.detail === "string") return new ApiError(problem);
  } catch {
    // No problem document: a proxy in between, perhaps.
  }
  const { status, statusText: title } = response;
  const detail = text.slice(0, 200) || title;
  return new ApiError({ type: "about:blank", title, status, detail, code: "no-problem" });
}

/** Waits, or until the signal is aborted. */
function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal?.aborted === true) return done();
    const wake = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      done();
    };
    const timer = setTimeout(wake, ms);
    signal?.addEventListener("abort", wake);
  });
}

/** One node's admin API. Every method throws an `ApiError` when the node refuses. */
export class AdminClient {
  readonly #base: URL;
  readonly #options: ConnectOptions;

  constructor(base: string | URL, options: ConnectOptions = {}) {
    this.#base = new URL(base);
    this.#options = options;
  }

  node(): Promise<NodeView> {
    return this.#json("GET", "node");
  }

  neighbors(): Promise<NeighborView[]> {
    return this.#json("GET", "neighbors");
  }

  tree(): Promise<TreeView> {
    return this.#json("GET", "tree");
  }

  streams(): Promise<StreamView[]> {
    return this.#json("GET", "streams");
  }

  pops(): Promise<PopView[]> {
    return this.#json("GET", "pops");
  }

  sessions(): Promise<SessionView[]> {
    return this.#json("GET", "sessions");
  }

  plugins(): Promise<PluginView[]> {
    return this.#json("GET", "plugins");
  }

  /** Plugins that could run there, with the JSON Schema of their options. */
  builtins(): Promise<BuiltinView[]> {
    return this.#json("GET", "builtins");
  }

  config(): Promise<ConfigView> {
    return this.#json("GET", "config");
  }

  recordings(): Promise<RecordingView[]> {
    return this.#json("GET", "recordings");
  }

  /** Adds a plugin. */
  add(plugin: PluginInput, options?: ChangeOptions): Promise<ChangeView> {
    return this.#json("POST", "plugins", plugin, options);
  }

  /** Puts another plugin in the place of the one of this id or slot. */
  swap(slot: string, plugin: PluginInput, options?: ChangeOptions): Promise<ChangeView> {
    return this.#json("PUT", `plugins/${encodeURIComponent(slot)}`, plugin, options);
  }

  /** Changes some options of the plugin of this id or slot; null takes one back. */
  patch(
    slot: string,
    change: Readonly<Record<string, unknown>>,
    options?: ChangeOptions,
  ): Promise<ChangeView> {
    const path = `plugins/${encodeURIComponent(slot)}`;
    return this.#json("PATCH", path, { with: change }, options);
  }

  /** Removes the plugin of this id or slot. */
  remove(slot: string, options?: ChangeOptions): Promise<ChangeView> {
    return this.#json("DELETE", `plugins/${encodeURIComponent(slot)}`, undefined, options);
  }

  openSession(session: SessionInput): Promise<SessionView> {
    return this.#json("POST", "sessions", session);
  }

  endSession(id: string): Promise<{ ended: string }> {
    return this.#json("DELETE", `sessions/${encodeURIComponent(id)}`);
  }

  /** Begins to record a session; ends by `stopRecording` of the id that it answers. */
  record(recording: RecordingInput): Promise<ChangeView & { id: string }> {
    return this.#json("POST", "recordings", recording);
  }

  stopRecording(id: string): Promise<ChangeView> {
    return this.#json("DELETE", `recordings/${encodeURIComponent(id)}`);
  }

  children(): Promise<ChildView[]> {
    return this.#json("GET", "children");
  }

  /** Sends a child to another parent; it stays where there is none. */
  sendAway(child: string): Promise<{ moving: number }> {
    return this.#json("DELETE", `children/${encodeURIComponent(child)}`);
  }

  setLogLevel(level: LogLevel): Promise<{ level: LogLevel }> {
    return this.#json("PUT", "log", { level });
  }

  /** Lets children go to others, then leaves. */
  drain(): Promise<{ draining: true }> {
    return this.#json("POST", "drain");
  }

  /** Reads the config file again and applies what differs. */
  reload(options?: ChangeOptions): Promise<ChangeView> {
    return this.#json("POST", "reload", undefined, options);
  }

  /** Writes the config as it runs back into its file. */
  save(options?: ChangeOptions): Promise<{ file: string; changed: boolean }> {
    return this.#json("POST", "config/save", undefined, options);
  }

  /** Events after an id, as far as they are held. */
  eventPage(since = 0): Promise<EventPageView> {
    return this.#json("GET", `events?since=${since}`);
  }

  /** Metrics as Prometheus text. */
  async metrics(): Promise<string> {
    const response = await this.#ask("/metrics", { headers: this.#headers() });
    return await response.text();
  }

  /**
   * What happens, from now on or from an id on, until the signal is aborted. A line that breaks is taken up again
   * where it broke.
   */
  async *events(
    options: { readonly since?: number; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<EventView, void, void> {
    const { signal } = options;
    let { since } = options;
    const over = (): boolean => signal?.aborted === true;
    while (!over()) {
      try {
        for await (const event of this.#follow(since, signal)) {
          since = event.id;
          yield event;
        }
      } catch (error) {
        if (over()) return;
        if (error instanceof ApiError && error.problem.status < 500) throw error;
      }
      await pause(RETRY_MS, signal);
    }
  }

  async *#follow(since: number | undefined, signal?: AbortSignal): AsyncGenerator<EventView> {
    const headers = this.#headers({ accept: "text/event-stream" });
    const query = since === undefined ? "" : `?since=${since}`;
    const init = { headers, ...(signal === undefined ? {} : { signal }) };
    const response = await this.#ask(`/api/v1/events${query}`, init);
    if (response.body === null) return;
    let rest = "";
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const frames = (rest + text).split("\n\n");
      rest = frames.pop() ?? "";
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1];
        if (data !== undefined && /^id: /m.test(frame)) yield JSON.parse(data);
      }
    }
  }

  #headers(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    const { token } = this.#options;
    return { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...more };
  }

  async #ask(path: string, init: RequestInit): Promise<Response> {
    const response = await fetch(new URL(path, this.#base), init);
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  async #json<T>(
    method: string,
    path: string,
    body?: unknown,
    options?: ChangeOptions,
  ): Promise<T> {
    const query = options?.force === true ? "?force=true" : "";
    const response = await this.#ask(`/api/v1/${path}${query}`, {
      method,
      headers: this.#headers(body === undefined ? {} : { "content-type": "application/json" }),
      signal: AbortSignal.timeout(this.#options.timeoutMs ?? 10_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    // The API answers by the schemas that these types are made from.
    return await response.json() as T;
  }
}

/** A client of the node whose admin endpoint is `base`, such as `http://127.0.0.1:8081`. */
export function connect(base: string | URL, options?: ConnectOptions): AdminClient {
  return new AdminClient(base, options);
}
