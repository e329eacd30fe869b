/** The OpenAPI 3.1 document that follows from routes and their schemas. */
import { z } from "zod";
import { problemAnswer } from "../answers.ts";
import type { Route } from "./admin_routes.ts";

/** A JSON Schema, as far as this program looks into one. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly [key: string]: unknown;
}

/** One parameter of an operation. */
export interface OpenApiParameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

/** One method of one path. */
export interface OpenApiOperation {
  readonly summary: string;
  readonly operationId: string;
  readonly parameters: readonly OpenApiParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly security?: readonly object[];
  readonly responses: Readonly<
    Record<string, { readonly $ref: string } | { description: string; content: Content }>
  >;
}

/** The document. */
export interface OpenApi {
  readonly openapi: string;
  readonly info: object;
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: object;
  readonly security?: readonly object[];
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  // What zod makes of an object or a plain value has the shape that is read here.
  return rest as unknown as JsonSchema;
}

function parameters(schema: z.ZodType | undefined, where: "path" | "query"): OpenApiParameter[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, "input");
  return Object.entries(properties).map(([name, { description, ...one }]) => ({
    name,
    in: where,
    required: where === "path" || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: one,
  }));
}

/** Parameters of a path that no schema tells of. */
function plainParameters(path: string, known: readonly OpenApiParameter[]): OpenApiParameter[] {
  return [...path.matchAll(/:([A-Za-z0-9_]+)/g)].map((match) => match[1] ?? "")
    .filter((name) => !known.some((one) => one.name === name))
    .map((name) => ({ name, in: "path", required: true, schema: { type: "string" } }));
}

function bodyOf({ method, body }: Route): OpenApiOperation["requestBody"] {
  if (body === undefined) {
    const may = method === "post" || method === "put";
    return may ? { required: false, content: { "application/json": { schema: {} } } } : undefined;
  }
  const content = { "application/json": { schema: schemaOf(body, "input") } };
  return { required: !body.safeParse(undefined).success, content };
}

function operation(route: Route): OpenApiOperation {
  const declared = [...parameters(route.params, "path"), ...parameters(route.query, "query")];
  const requestBody = bodyOf(route);
  const answer = route.answer === undefined ? {} : schemaOf(route.answer, "output");
  const others = Object.entries(route.also ?? {}).map(([type, description]) => [
    type,
    { schema: { type: "string", description } },
  ]);
  return {
    summary: route.summary,
    operationId: `${route.method}${route.path.replaceAll(/[^A-Za-z0-9]+/g, "_")}`,
    parameters: [...declared, ...plainParameters(route.path, declared)],
    ...(requestBody === undefined ? {} : { requestBody }),
    ...(route.open ? { security: [] } : {}),
    responses: {
      [route.status]: {
        description: "Done.",
        content: { [route.contentType]: { schema: answer }, ...Object.fromEntries(others) },
      },
      default: { $ref: "#/components/responses/problem" },
    },
  };
}

/** The document of some routes; the first of two with one method and path counts. */
export function openApi(routes: readonly Route[], secured: boolean): OpenApi {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:([A-Za-z0-9_]+)/g, "{$1}");
    const at = paths[path] ??= {};
    at[route.method] ??= operation(route);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Espalier admin",
      version: "1",
      description: "Watches and steers one node. Errors are problem documents (RFC 9457).",
    },
    paths,
    ...(secured ? { security: [{ bearer: [] }] } : {}),
    components: {
      ...(secured ? { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } } : {}),
      responses: {
        problem: {
          description: "What is wrong (RFC 9457).",
          content: { "application/problem+json": { schema: schemaOf(problemAnswer, "output") } },
        },
      },
    },
  };
}
