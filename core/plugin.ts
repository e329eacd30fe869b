/** What a plugin is, and what it is given. */
import type { z } from "zod";
import type { Addr, Ports } from "./ports.ts";
import type { NodeName } from "./ids.ts";
import type { ManySlot, OneSlot, Slot, Slots } from "./slots.ts";

/** This node, as its config says. Ports are as configured: 0 is resolved by whoever binds. */
export interface Self {
  readonly name: NodeName;
  /** Wall-clock milliseconds at start: tells two lives of one node apart. */
  readonly instance: number;
  /** Names of the role plugins in this node's config. */
  readonly roles: readonly string[];
  /** The host all planes bind to. */
  readonly listen: string;
  /** The host others reach this node by. */
  readonly advertise: string;
  readonly ports: { readonly control: number; readonly keepalive: number; readonly media: number };
  readonly bootstrap: Addr | undefined;
  /** Version of the program. */
  readonly version: string;
}

/** A request to a plugin's admin route. */
export interface AdminRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** An admin route as data; the host's endpoint serves it under `/api/v1`. */
export interface AdminRoute {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** Such as `/chaos` or `/streams/:name`. */
  readonly path: string;
  readonly summary: string;
  /** What the path's parameters, the query and the body must look like: `adminRoute` checks them, OpenAPI shows them. */
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** What a good answer looks like, for OpenAPI and typed clients; and its status, 200 when left out. */
  readonly answer?: z.ZodType;
  readonly status?: number;
  /** Returns JSON. Throwing a `UserError` gives a 4xx problem document. */
  handle(request: AdminRequest): unknown | Promise<unknown>;
}

/** The life of a plugin instance. `C` are its checked options. */
export interface Life<C = unknown> {
  start(signal: AbortSignal): void | Promise<void>;
  /** Idempotent; also undoes a `start` that threw or was never called. After it: no timer, no socket, no event. */
  stop(): void | Promise<void>;
  /** Leaves politely before `stop` (tells neighbours, lets children go); bounded by `withinMs`. */
  drain?(withinMs: number): void | Promise<void>;
  /** State for a successor in a swap. */
  snapshot?(): unknown;
  /** Takes over a predecessor's state; called before `start`; ignores what it does not know. */
  adopt?(state: unknown): void;
  /**
   * Takes other options while it runs, whole or not at all; what goes on is not interrupted. False: it cannot,
   * and is replaced by a new instance. Throwing changes nothing.
   */
  reconfigure?(config: C): boolean | Promise<boolean>;
  /** Its options as YAML would say them, where they have changed at run time; the rest is as configured. */
  options?(): Readonly<Record<string, unknown>> | undefined;
  /** Why replacing the plugin `id`, this one included, would interrupt media just now; undefined when it would not. */
  hinders?(id: string): string | undefined;
  readonly admin?: readonly AdminRoute[];
}

/** All fillings of a slot that takes many. */
export interface Many<T> {
  list(): readonly { readonly id: string; readonly it: T }[];
  get(id: string): T | undefined;
  onChange(fn: () => void): Disposable;
}

/** What `create` is given: the ports, who the node is, and the declared needs. Nothing else. */
export interface Context<N extends Slot> extends Ports {
  readonly self: Self;
  /** This instance's id in the config: the plugin's name unless `id:` says otherwise. */
  readonly id: string;
  /**
   * The plugin that fills a slot. The object stays valid when the plugin is swapped. Asking for an
   * undeclared slot is a type error. May be called in `create`; its methods only from `start` on.
   */
  use<K extends N & OneSlot>(slot: K): Slots[K];
  all<K extends N & ManySlot>(slot: K): Many<Slots[K]>;
  /** This node's work is done: asks the host to stop it cleanly. */
  finish(reason: string): void;
}

/** A plugin as its author writes it. */
export interface Plugin<S extends Slot, C extends z.ZodType, N extends Slot> {
  /** = folder = what YAML says. */
  readonly name: string;
  readonly slot: S;
  /** One sentence for `espalier plugins`. */
  readonly summary: string;
  /** What it uses; fixes the start order. A need of a many-slot may be empty. */
  readonly needs: readonly N[];
  /**
   * Slots that shall be filled on a node of this plugin though it does not use them itself: they start
   * after everything else, with their default where the config fills them with nothing else.
   */
  readonly brings?: readonly Slot[];
  /** A strict zod object: defaults, errors with a path, JSON Schema. Every key has a description. */
  readonly config: C;
  /** Pure: no socket, no timer, no call of a need before `start`. */
  create(ctx: Context<N>, config: z.output<C>): Slots[S] & Life<z.output<C>>;
}

/** A plugin with its config type sealed in, so that lists of plugins need no `any`. */
export interface Loadable {
  readonly name: string;
  readonly slot: Slot;
  readonly summary: string;
  readonly needs: readonly Slot[];
  readonly brings?: readonly Slot[];
  readonly config: z.ZodType;
  /** Checks a config; throws `ConfigError` (path relative to the plugin's `with`). */
  check(raw: unknown): unknown;
  /** Builds an instance from a config that `check` returned. */
  create(ctx: Context<Slot>, config: unknown): Life;
}

/** A state machine: a plugin's `protocol.ts`. No ports; time is an argument, a timer is a value. */
export interface Machine<In, Out> {
  handle(event: In, nowMs: number): readonly Out[];
}

/** An error that is the user's to mend: shown without a stack, exit code 2, HTTP 4xx. */
export class UserError extends Error {
  override name = "UserError";
  constructor(readonly code: string, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** One thing that is wrong in a config. */
export interface ConfigIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

/** A config that cannot be used; every issue with its path, and its line where the text is known. */
export class ConfigError extends UserError {
  override name = "ConfigError";
  constructor(readonly issues: readonly ConfigIssue[], readonly file?: string) {
    super(
      "config",
      issues.map((issue) => {
        const place = file === undefined
          ? ""
          : issue.line === undefined
          ? `${file}: `
          : `${file}:${issue.line}:${issue.column ?? 1}: `;
        const path = issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
        return `${place}${path}${issue.message}`;
      }).join("\n"),
    );
  }
}
