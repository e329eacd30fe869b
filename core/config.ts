/**
 * From YAML text to a checked node config. Every error names its path and its line; nothing here
 * touches the world: the text and the environment come from outside.
 */
import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from "./yaml.ts";
import { z } from "zod";
import { issuesOf } from "./define.ts";
import { NAME_PATTERN, type NodeName } from "./ids.ts";
import { ConfigError, type ConfigIssue, type Loadable } from "./plugin.ts";
import type { Addr } from "./ports.ts";
import { addr } from "./units.ts";

/** Largest config text; refused before it is parsed. */
export const CONFIG_MAX_BYTES = 64 * 1024;
/** YAML aliases resolved at most: more smells of a billion laughs. */
const ALIASES_MAX = 50;

const port = z.number({ error: "a port number expected" }).int().min(0).max(65535);
const host = z.string().min(1).max(255);

const nodeSchema = z.strictObject({
  name: z.string().regex(NAME_PATTERN, "a name of letters, digits, '.', '_' and '-' expected")
    .describe("This node's name, unique in its network."),
  listen: host.default("127.0.0.1").describe("Host or address that all planes bind to."),
  advertise: host.optional().describe("Host others reach this node by, when it is not `listen`."),
  ports: z.strictObject({
    control: port.default(6000).describe("UDP port of the control plane."),
    keepalive: port.default(6001).describe("UDP port of the keepalive plane."),
    media: port.default(7000).describe("UDP port of the media plane."),
  }).prefault({}).describe("UDP ports; 0 lets the system choose."),
  bootstrap: addr().optional().describe("The bootstrapper's TCP address."),
  admin: z.strictObject({
    listen: addr().describe("Where the admin endpoint listens."),
    token: z.string().min(16, "at least 16 characters expected").optional()
      .describe("Bearer token; demanded off loopback."),
  }).optional().describe("The admin endpoint; none when left out."),
  log: z.strictObject({
    level: z.enum(["debug", "info", "warn", "error"]).default("info").describe(
      "Least level shown.",
    ),
    format: z.enum(["auto", "pretty", "json"]).default("auto")
      .describe("`auto`: pretty on a terminal, JSON otherwise."),
  }).prefault({}).describe("The log."),
  plugins: z.array(z.strictObject({
    use: z.string().min(1).max(500)
      .describe("A built-in's name, a path such as ./my-tree/mod.ts, or npm:package."),
    id: z.string().regex(NAME_PATTERN).optional()
      .describe("Tells several fillings of one slot apart; the plugin's name when left out."),
    with: z.record(z.string(), z.unknown()).optional().describe("The plugin's own options."),
  })).min(1, "at least one plugin expected").max(100).describe("What this node is made of."),
});

/** One plugin of a node, as configured. */
export interface PluginEntry {
  readonly use: string;
  readonly id: string | undefined;
  readonly with: unknown;
}

/** A node's config, checked as far as the kernel's own part goes. */
export interface NodeConfig {
  readonly name: NodeName;
  readonly listen: string;
  readonly advertise: string;
  readonly ports: { readonly control: number; readonly keepalive: number; readonly media: number };
  readonly bootstrap: Addr | undefined;
  readonly admin: { readonly listen: Addr; readonly token: string | undefined } | undefined;
  readonly log: {
    readonly level: "debug" | "info" | "warn" | "error";
    readonly format: "auto" | "pretty" | "json";
  };
  readonly plugins: readonly PluginEntry[];
}

/** A parsed config that can still say where in the text a path stands. */
export interface ConfigText {
  readonly config: NodeConfig;
  /** The plain value, after environment and overrides, before defaults. */
  readonly raw: unknown;
  /** Gives issues the file and line they are about. */
  locate(error: ConfigError): ConfigError;
}

/** What `parseConfig` needs to know beside the text. */
export interface ParseOptions {
  /** Shown in errors. */
  readonly file: string;
  readonly env: (name: string) => string | undefined;
  /** `path=value` overrides, as on the command line. */
  readonly set?: readonly string[];
}

type Path = readonly (string | number)[];

/** Offset of the node (or of its key) at a path; of the nearest ancestor when it is not there. */
function offsetOf(doc: Document, path: Path): number | undefined {
  let at: unknown = doc.contents;
  let offset = (at as Node | null)?.range?.[0];
  for (const step of path) {
    if (isMap(at)) {
      const pair: Pair | undefined = at.items.find((item) =>
        isPair(item) && isScalar(item.key) && String(item.key.value) === String(step)
      );
      if (pair === undefined) return offset;
      offset = isScalar(pair.key) ? pair.key.range?.[0] ?? offset : offset;
      at = pair.value;
    } else if (isSeq(at) && typeof step === "number") {
      at = at.items[step];
      if (!isNode(at)) return offset;
      offset = at.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}

/** Puts `${NAME}` from the environment into every scalar; reports those that are not set. */
function substitute(doc: Document, env: ParseOptions["env"]): { name: string; offset: number }[] {
  const missing: { name: string; offset: number }[] = [];
  visit(doc, {
    Scalar(_key, scalar) {
      if (typeof scalar.value !== "string" || !scalar.value.includes("${")) return;
      scalar.value = scalar.value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_all, name) => {
        const value = env(name);
        if (value === undefined) missing.push({ name, offset: scalar.range?.[0] ?? 0 });
        return value ?? "";
      });
    },
  });
  return missing;
}

/** Applies `a.b.c=value`; `plugins.NAME` means the entry with that id or that use. */
function override(doc: Document, assignment: string): ConfigIssue | undefined {
  const equals = assignment.indexOf("=");
  if (equals < 1) return { path: [], message: `--set wants path=value, got "${assignment}"` };
  const value = parseDocument(assignment.slice(equals + 1)).toJS();
  const path: (string | number)[] = [];
  for (const step of assignment.slice(0, equals).split(".")) {
    const here: unknown = path.length === 0 ? doc.toJS() : doc.getIn(path);
    const list = path.length === 1 && path[0] === "plugins" ? doc.toJS()?.plugins : undefined;
    if (Array.isArray(list) && !/^\d+$/.test(step)) {
      const index = list.findIndex((p) =>
        p?.id === step || (p?.id === undefined && p?.use === step)
      );
      if (index < 0) return { path: ["plugins"], message: `--set: no plugin "${step}" here` };
      path.push(index);
    } else path.push(/^\d+$/.test(step) && here !== undefined ? Number(step) : step);
  }
  try {
    doc.setIn(path, doc.createNode(value));
  } catch {
    return { path, message: `--set: "${path.join(".")}" cannot be set here` };
  }
  return undefined;
}

/** Parses and checks a node's config. Throws `ConfigError` with every issue found. */
export function parseConfig(text: string, options: ParseOptions): ConfigText {
  const { file } = options;
  if (new TextEncoder().encode(text).length > CONFIG_MAX_BYTES) {
    throw new ConfigError([{ path: [], message: `larger than ${CONFIG_MAX_BYTES} bytes` }], file);
  }
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: "1.2" });
  const place = (offset: number | undefined) => {
    if (offset === undefined) return {};
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (doc.errors.length > 0) {
    throw new ConfigError(
      doc.errors.map((e) => ({ path: [], message: e.message, ...place(e.pos[0]) })),
      file,
    );
  }
  const locate = (error: ConfigError) =>
    new ConfigError(
      error.issues.map((issue) => ({ ...issue, ...place(offsetOf(doc, issue.path)) })),
      file,
    );
  const missing = substitute(doc, options.env);
  if (missing.length > 0) {
    throw new ConfigError(
      missing.map(({ name, offset }) => ({
        path: [],
        message: `environment variable ${name} is not set`,
        ...place(offset),
      })),
      file,
    );
  }
  const wrong = (options.set ?? []).flatMap((one) => override(doc, one) ?? []);
  if (wrong.length > 0) throw new ConfigError(wrong);
  let raw: unknown;
  try {
    raw = doc.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError([{ path: [], message }], file);
  }
  try {
    return { config: checkNode(raw), raw, locate };
  } catch (error) {
    throw error instanceof ConfigError ? locate(error) : error;
  }
}

/** Checks a node's config as a plain value. Throws `ConfigError` with every issue found. */
export function checkNode(raw: unknown): NodeConfig {
  const result = nodeSchema.safeParse(raw);
  if (!result.success) throw new ConfigError(issuesOf(nodeSchema, result.error, raw));
  return normal(result.data);
}

/** Fills in what follows from other values. */
function normal(data: z.output<typeof nodeSchema>): NodeConfig {
  return {
    name: data.name as NodeName,
    listen: data.listen,
    advertise: data.advertise ?? data.listen,
    ports: data.ports,
    bootstrap: data.bootstrap,
    admin: data.admin === undefined
      ? undefined
      : { listen: data.admin.listen, token: data.admin.token },
    log: data.log,
    plugins: data.plugins.map((p) => ({ use: p.use, id: p.id, with: p.with ?? {} })),
  };
}

/** JSON Schema of a whole node file, for editors: the kernel's part and every known plugin's options. */
export function nodeJsonSchema(plugins: readonly Loadable[]): object {
  const schema = z.toJSONSchema(nodeSchema, { io: "input" });
  const entry = (use: object, options: object) => ({
    type: "object",
    properties: { use, id: { type: "string" }, with: options },
    required: ["use"],
    additionalProperties: false,
  });
  const { properties = {} } = schema;
  const items = {
    anyOf: [
      ...plugins.map((plugin) => {
        const options = z.toJSONSchema(plugin.config, { io: "input", unrepresentable: "any" });
        delete options.$schema;
        return entry({ const: plugin.name, description: plugin.summary }, options);
      }),
      entry({ type: "string", pattern: "^(\\.{0,2}/|file:|npm:)" }, { type: "object" }),
    ],
  };
  const list = typeof properties.plugins === "object" ? properties.plugins : {};
  return { ...schema, properties: { ...properties, plugins: { ...list, items } } };
}
