/** Requests made from an OpenAPI document: such as it allows, and such as it does not. */
import fc from "fast-check";
import type { JsonSchema, OpenApi, OpenApiOperation } from "../../core/host/openapi.ts";

/** One operation of a document. */
export interface Operation extends OpenApiOperation {
  readonly path: string;
  readonly method: string;
}

/** A request to one operation. */
export interface ApiRequest {
  readonly operation: Operation;
  readonly url: string;
  readonly body: string | undefined;
  readonly contentType: string | undefined;
}

export function operationsOf(document: OpenApi): readonly Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({ ...one, path, method }))
  );
}

function list(value: unknown): readonly JsonSchema[] {
  return Array.isArray(value) ? value : [];
}

/** Values that a schema allows, as far as its kind goes. */
export function allowed(schema: JsonSchema, depth = 0): fc.Arbitrary<unknown> {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  if ("const" in schema) return fc.constant(schema.const);
  const choices = [...list(schema.anyOf), ...list(schema.oneOf)];
  if (choices.length > 0) return fc.oneof(...choices.map((one) => allowed(one, depth + 1)));
  switch (schema.type) {
    case "object":
      return allowedObject(schema, depth);
    case "array":
      return depth > 3 ? fc.constant([]) : fc.array(
        allowed(typeof schema.items === "object" ? schema.items as JsonSchema : {}, depth + 1),
        { maxLength: 3, minLength: Number(schema.minItems ?? 0) },
      );
    case "string":
      return typeof schema.pattern === "string"
        ? fc.stringMatching(new RegExp(schema.pattern))
        : fc.string({ minLength: Number(schema.minLength ?? 0), maxLength: 30 });
    case "integer":
    case "number":
      return fc.integer({
        min: Math.max(Number(schema.minimum ?? -1000), -1e6),
        max: Math.min(Number(schema.maximum ?? 1000), 1e6),
      });
    case "boolean":
      return fc.boolean();
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function allowedObject(schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
  const { properties = {}, required = [] } = schema;
  const entries = Object.entries(properties).map(([key, one]) =>
    [key, allowed(one, depth + 1)] as const
  );
  if (entries.length === 0) {
    return fc.dictionary(fc.string({ maxLength: 12 }), fc.jsonValue({ maxDepth: 1 }), {
      maxKeys: 3,
    });
  }
  return fc.record(Object.fromEntries(entries), { requiredKeys: [...required] });
}

/** Bodies that no strict object schema allows. */
function forbidden(schema: JsonSchema): fc.Arbitrary<unknown> {
  const { properties = {}, required = [] } = schema;
  const good = allowed(schema).map((one) => ({ ...Object(one) }));
  const keys = Object.keys(properties).filter((key) => properties[key]?.type !== undefined);
  const wrongs = [
    fc.constantFrom(null, 7, "text", [], [{}], true),
    good.map((one) => ({ ...one, "no such key": 1 })),
  ];
  if (required.length > 0) {
    wrongs.push(
      fc.tuple(good, fc.constantFrom(...required)).map(([one, key]) =>
        Object.fromEntries(Object.entries(one).filter(([name]) => name !== key))
      ),
    );
  }
  if (keys.length > 0) {
    wrongs.push(
      fc.tuple(good, fc.constantFrom(...keys)).map(([one, key]) => ({
        ...one,
        [key]: properties[key]?.type === "object" ? 7 : { wrong: key },
      })),
    );
  }
  return fc.oneof(...wrongs);
}

const texts = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("..", "%2e%2e", "a/b", "%", "\u0000", "__proto__", "constructor", "-", "0"),
);

function urlOf(
  { path, parameters }: Operation,
  words: fc.Arbitrary<string>,
): fc.Arbitrary<string> {
  const inPath = parameters.filter((one) => one.in === "path");
  const inQuery = parameters.filter((one) => one.in === "query");
  const values = fc.tuple(
    fc.tuple(...inPath.map(() => words)),
    fc.tuple(
      ...inQuery.map((one) =>
        fc.option(fc.oneof(allowed(one.schema).map(String), texts), { nil: undefined })
      ),
    ),
  );
  return values.map(([names, queries]) => {
    let url = path;
    inPath.forEach(({ name }, i) => {
      // An empty segment is another path.
      url = url.replace(`{${name}}`, encodeURIComponent(names[i] || "x"));
    });
    const query = inQuery.flatMap(({ name }, i) =>
      queries[i] === undefined ? [] : [`${name}=${encodeURIComponent(queries[i])}`]
    );
    return query.length === 0 ? url : `${url}?${query.join("&")}`;
  });
}

function schemaOf(operation: Operation): JsonSchema | undefined {
  return operation.requestBody?.content["application/json"]?.schema;
}

/** Any request at all: right ones, wrong ones, and noise. `known` are words that mean something here. */
export function requests(
  operation: Operation,
  known: readonly string[],
): fc.Arbitrary<ApiRequest> {
  const words = fc.oneof(texts, fc.constantFrom(...known));
  const schema = schemaOf(operation);
  const json = (value: unknown) => ({
    body: JSON.stringify(value),
    contentType: "application/json",
  });
  const bodies = fc.oneof(
    fc.constant({ body: undefined, contentType: undefined }),
    ...(schema === undefined ? [] : [allowed(schema).map(json), allowed(schema).map(json)]),
    fc.jsonValue({ maxDepth: 3 }).map(json),
    fc.record({
      body: fc.constantFrom("{", "[1,", "\ufffe", "null", '{"__proto__":{"x":1}}', '"\\ud800"'),
      contentType: fc.constantFrom("application/json", "text/plain", "application/xml"),
    }),
  );
  return fc.tuple(urlOf(operation, words), bodies).map(([url, { body, contentType }]) => ({
    operation,
    url,
    body: operation.method === "get" ? undefined : body,
    contentType,
  }));
}

/** Requests whose body is wrong by the document; undefined for an operation that takes any. */
export function wrongRequests(operation: Operation): fc.Arbitrary<ApiRequest> | undefined {
  const schema = schemaOf(operation);
  if (schema?.properties === undefined) return undefined;
  return fc.tuple(urlOf(operation, texts), forbidden(schema)).map(([url, body]) => ({
    operation,
    url,
    body: JSON.stringify(body),
    contentType: "application/json",
  }));
}
