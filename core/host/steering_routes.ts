/** The admin endpoint's routes that change a node. */
import { z } from "zod";
import { builtinAnswer, changeAnswer, logAnswer, recordingAnswer } from "../answers.ts";
import { adminRoute } from "../define.ts";
import { NAME_PATTERN } from "../ids.ts";
import type { AdminRoute } from "../plugin.ts";
import { asIs, pluginRoute, type Route } from "./admin_routes.ts";

/** A plugin as a config names it. */
export interface EntryInput {
  readonly use: string;
  readonly id?: string | undefined;
  readonly with?: Readonly<Record<string, unknown>> | undefined;
}

/** A recording that is asked for. */
export interface RecordingInput {
  readonly session: string;
  readonly id?: string | undefined;
  readonly folder?: string | undefined;
  readonly name?: string | undefined;
}

/** What the endpoint asks of whoever changes the node. */
export interface SteeringView {
  builtins(): unknown;
  add(entry: EntryInput, force: boolean): Promise<unknown>;
  put(key: string, entry: EntryInput, force: boolean): Promise<unknown>;
  patch(key: string, options: Readonly<Record<string, unknown>>, force: boolean): Promise<unknown>;
  remove(key: string, force: boolean): Promise<unknown>;
  recordings(): unknown;
  record(wanted: RecordingInput): Promise<unknown>;
  stopRecording(id: string): Promise<unknown>;
  level(): unknown;
  setLevel(level: z.output<typeof logAnswer>["level"]): unknown;
  reload(force: boolean): Promise<unknown>;
  save(force: boolean): Promise<unknown>;
}

const use = z.string().min(1).max(500).describe("A built-in's name, or one that the file names.");
const id = z.string().regex(NAME_PATTERN).optional().describe("Its id; the plugin's name if none.");
const options = z.record(z.string(), z.unknown());
const entry = z.strictObject({
  use,
  id,
  with: options.optional().describe("The plugin's own options."),
});
const slot = z.object({ slot: z.string().describe("A plugin's id, or the name of its slot.") });
const forced = z.object({
  force: z.enum(["true", "false"]).optional().describe("`true`: also where it interrupts media."),
});
const isForced = ({ force }: z.output<typeof forced>): boolean => force === "true";

function pluginRoutes(steering: SteeringView): AdminRoute[] {
  const common = { query: forced, answer: changeAnswer };
  return [
    adminRoute({
      method: "post",
      path: "/plugins",
      summary: "Adds a plugin: a source, a sink, a role, or what fills a slot that is empty.",
      body: entry,
      ...common,
      status: 201,
      handle: ({ body, query }) => steering.add(body, isForced(query)),
    }),
    adminRoute({
      method: "put",
      path: "/plugins/:slot",
      summary: "Swaps a plugin for another of its slot, or sets all of its options.",
      params: slot,
      body: entry,
      ...common,
      handle: ({ params, body, query }) => steering.put(params.slot, body, isForced(query)),
    }),
    adminRoute({
      method: "patch",
      path: "/plugins/:slot",
      summary: "Changes some of a plugin's options: a merge patch (RFC 7396) of its `with`.",
      params: slot,
      body: z.strictObject({ with: options.describe("Options to set; null takes one back.") }),
      ...common,
      handle: ({ params, body, query }) => steering.patch(params.slot, body.with, isForced(query)),
    }),
    adminRoute({
      method: "delete",
      path: "/plugins/:slot",
      summary: "Removes a plugin; a slot that others need falls back to its default.",
      params: slot,
      ...common,
      handle: ({ params, query }) => steering.remove(params.slot, isForced(query)),
    }),
    adminRoute({
      method: "get",
      path: "/builtins",
      summary: "Plugins that could run here, with the JSON Schema of their options.",
      answer: z.array(builtinAnswer),
      handle: () => asIs(steering.builtins()),
    }),
  ];
}

const recording = z.strictObject({
  session: z.string().min(1).max(72).describe("The session to record."),
  id: z.string().regex(NAME_PATTERN).optional()
    .describe("The recording's id; made from the session's name if none."),
  folder: z.string().min(1).max(500).optional().describe("Where it goes; `recordings` if none."),
  name: z.string().min(1).max(200).optional().describe("The file's name, as file-sink has it."),
});

function recordingRoutes(steering: SteeringView): AdminRoute[] {
  return [
    adminRoute({
      method: "get",
      path: "/recordings",
      summary: "Recordings under way.",
      answer: z.array(recordingAnswer),
      handle: () => steering.recordings(),
    }),
    adminRoute({
      method: "post",
      path: "/recordings",
      summary: "Begins to record a session that plays, beside its other sinks.",
      body: recording,
      answer: z.looseObject({ ...changeAnswer.shape, id: z.string() }),
      status: 201,
      handle: ({ body }) => steering.record(body),
    }),
    adminRoute({
      method: "delete",
      path: "/recordings/:id",
      summary: "Ends a recording; the file is complete when this answers.",
      params: z.object({ id: z.string().describe("The recording's id.") }),
      answer: changeAnswer,
      handle: ({ params }) => steering.stopRecording(params.id),
    }),
  ];
}

function nodeRoutes(steering: SteeringView): AdminRoute[] {
  return [
    adminRoute({
      method: "get",
      path: "/log",
      summary: "The least level that is logged.",
      answer: logAnswer,
      handle: () => steering.level(),
    }),
    adminRoute({
      method: "put",
      path: "/log",
      summary: "Sets the least level that is logged.",
      body: z.strictObject(logAnswer.shape),
      answer: logAnswer,
      handle: ({ body }) => steering.setLevel(body.level),
    }),
    adminRoute({
      method: "post",
      path: "/reload",
      summary: "Reads the config file again and applies what differs; as SIGHUP does.",
      query: forced,
      answer: changeAnswer,
      handle: ({ query }) => steering.reload(isForced(query)),
    }),
    adminRoute({
      method: "post",
      path: "/config/save",
      summary: "Writes the config as it runs back into its file; comments stay.",
      query: z.object({
        force: z.enum(["true", "false"]).optional()
          .describe("`true`: also when the file was changed meanwhile; those changes stay."),
      }),
      answer: z.object({
        file: z.string(),
        changed: z.boolean().describe("False: the file said all of it already."),
      }),
      handle: ({ query }) => steering.save(isForced(query)),
    }),
  ];
}

/** All routes that change the node. */
export function steeringRoutes(steering: SteeringView): readonly Route[] {
  return [...pluginRoutes(steering), ...recordingRoutes(steering), ...nodeRoutes(steering)]
    .map(pluginRoute);
}
