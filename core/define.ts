/** Turns a plugin as its author writes it into one the kernel can load. */
import { z } from "zod";
import { didYouMean } from "./nearest.ts";
import {
  type AdminRoute,
  ConfigError,
  type ConfigIssue,
  type Loadable,
  type Plugin,
} from "./plugin.ts";
import type { Slot } from "./slots.ts";

/** Property names of a zod object at a path, for hints. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: unknown = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  for (const step of path) {
    if (typeof at !== "object" || at === null) return [];
    const node = at as { properties?: Record<string, unknown>; items?: unknown };
    at = typeof step === "number" ? node.items : node.properties?.[String(step)];
  }
  const properties = (at as { properties?: Record<string, unknown> } | undefined)?.properties;
  return properties === undefined ? [] : Object.keys(properties);
}

/** What was given, in words a person uses. */
function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return `${typeof value} ${JSON.stringify(value)}`;
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let at = raw;
  for (const step of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<PropertyKey, unknown>)[step];
  }
  return at;
}

/** Translates zod's issues: one for each unknown key, with the nearest known one. */
export function issuesOf(schema: z.ZodType, error: z.ZodError, raw: unknown): ConfigIssue[] {
  return error.issues.flatMap((issue): ConfigIssue[] => {
    const path = issue.path.map((step) => typeof step === "number" ? step : String(step));
    if (issue.code === "unrecognized_keys") {
      const known = knownKeys(schema, issue.path);
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `unknown key${didYouMean(key, known)}`,
      }));
    }
    if (issue.code === "invalid_type") {
      const given = valueAt(raw, issue.path);
      const what = given === undefined ? "missing" : `got ${kindOf(given)}`;
      return [{ path, message: `${issue.expected} expected, ${what}` }];
    }
    return [{ path, message: issue.message }];
  });
}

/** Checks `raw` against a schema; throws `ConfigError` with paths relative to `raw`. */
export function checkConfig<C extends z.ZodType>(schema: C, raw: unknown): z.output<C> {
  const result = schema.safeParse(raw ?? {});
  if (!result.success) throw new ConfigError(issuesOf(schema, result.error, raw ?? {}));
  return result.data;
}

/** An admin route as its author writes it: what `handle` gets is checked, and typed by the schemas. */
export interface TypedRoute<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly method: AdminRoute["method"];
  readonly path: string;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer?: z.ZodType;
  readonly status?: number;
  handle(
    request: {
      readonly params: z.output<P>;
      readonly query: z.output<Q>;
      readonly body: z.output<B>;
      /** The body as it was sent. */
      readonly sent: unknown;
    },
  ): unknown | Promise<unknown>;
}

function checkPart(schema: z.ZodType | undefined, value: unknown, part: string): unknown {
  if (schema === undefined) return value;
  try {
    return checkConfig(schema, value);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(
      error.issues.map((issue) => ({ ...issue, path: [part, ...issue.path] })),
    );
  }
}

/** Declares an admin route: one definition gives validation, types and the OpenAPI document. */
export function adminRoute<
  P extends z.ZodType = z.ZodType<Readonly<Record<string, string>>>,
  Q extends z.ZodType = z.ZodType<Readonly<Record<string, string>>>,
  B extends z.ZodType = z.ZodType<unknown>,
>(route: TypedRoute<P, Q, B>): AdminRoute {
  return {
    ...route,
    handle: (request) =>
      route.handle({
        // `checkPart` made these values from the route's own schemas.
        params: checkPart(route.params, request.params, "path") as z.output<P>,
        query: checkPart(route.query, request.query, "query") as z.output<Q>,
        body: checkPart(route.body, request.body, "body") as z.output<B>,
        sent: request.body,
      }),
  };
}

/** Declares a plugin. `needs` types what `ctx.use` accepts; `config` types what `create` gets. */
export function definePlugin<S extends Slot, C extends z.ZodType, const N extends Slot = never>(
  plugin: Plugin<S, C, N>,
): Loadable {
  return {
    name: plugin.name,
    slot: plugin.slot,
    summary: plugin.summary,
    needs: plugin.needs,
    ...(plugin.brings === undefined ? {} : { brings: plugin.brings }),
    config: plugin.config,
    check: (raw) => checkConfig(plugin.config, raw),
    // `check` made this value from the plugin's own schema.
    create: (ctx, config) => plugin.create(ctx, config as z.output<C>),
  };
}
