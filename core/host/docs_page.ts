/** The admin API as a page for people: made on the server, without scripts, from the OpenAPI document. */
import { createHash } from "node:crypto";
import type { JsonSchema, OpenApi, OpenApiOperation } from "./openapi.ts";

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --dim: #777; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .4rem 0; }
summary { cursor: pointer; padding: .5rem .7rem; overflow-wrap: anywhere; }
details > div { border-top: 1px solid var(--line); padding: .5rem .7rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { background: #8881; border-radius: .3rem; overflow-x: auto; padding: .5rem; }
b.method { display: inline-block; min-width: 4.5rem; }
table { border-collapse: collapse; width: 100%; } td { border-top: 1px solid var(--line);
  padding: .25rem .5rem .25rem 0; vertical-align: top; overflow-wrap: anywhere; }
span.dim { color: var(--dim); }
`;

function html(text: string): string {
  const signs: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (one) => signs[one] ?? one);
}

/** A schema's type in a word or two. */
function typeOf(schema: JsonSchema): string {
  if (Array.isArray(schema.enum)) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  const { items } = schema;
  if (schema.type === "array" && typeof items === "object" && items !== null) {
    return `list of ${typeOf(items as JsonSchema)}`;
  }
  return schema.type ?? "any";
}

function rows(schema: JsonSchema, prefix = "", depth = 0): string {
  return Object.entries(schema.properties ?? {}).map(([key, one]) => {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    const must = schema.required?.includes(key) === true
      ? ""
      : ' <span class="dim">optional</span>';
    const about = html(one.description ?? "");
    const row = `<tr><td><code>${html(path)}</code></td><td>${html(typeOf(one))}${must}</td>` +
      `<td>${about}</td></tr>`;
    const inside = one.type === "array" ? one.items as JsonSchema | undefined : one;
    return depth < 3 && inside !== undefined
      ? row + rows(inside, one.type === "array" ? `${path}[]` : path, depth + 1)
      : row;
  }).join("");
}

function table(title: string, schema: JsonSchema | undefined): string {
  if (schema === undefined) return "";
  const inside = schema.type === "array" ? schema.items as JsonSchema : schema;
  const found = rows(inside);
  const list = schema.type === "array" ? " (a list)" : "";
  return found === "" ? "" : `<p>${title}${list}</p><table>${found}</table>`;
}

/** A line for a shell that asks for the operation. */
function curlOf(method: string, path: string, operation: OpenApiOperation): string {
  const verb = method === "get" ? "" : ` -X ${method.toUpperCase()}`;
  const schema = operation.requestBody?.content["application/json"]?.schema;
  const keys = schema?.required ?? [];
  const body = schema === undefined || operation.requestBody?.required !== true
    ? ""
    : ` -H 'content-type: application/json' -d '${
      JSON.stringify(Object.fromEntries(keys.map((key) => [key, "..."])))
    }'`;
  return `curl -s${verb}${body} http://HOST:PORT${path}`;
}

function section(path: string, method: string, operation: OpenApiOperation): string {
  const parameters: JsonSchema = {
    properties: Object.fromEntries(operation.parameters.map((one) => [one.name, {
      ...one.schema,
      ...(one.description === undefined ? {} : { description: one.description }),
    }])),
    required: operation.parameters.filter((one) => one.required).map((one) => one.name),
  };
  const answers = Object.entries(operation.responses).flatMap(([status, answer]) =>
    "content" in answer
      ? [table(`Answer ${status}`, answer.content["application/json"]?.schema)]
      : []
  );
  return `<details id="${html(operation.operationId)}"><summary>` +
    `<b class="method">${method.toUpperCase()}</b> <code>${html(path)}</code> ` +
    `<span class="dim">${html(operation.summary)}</span></summary><div>` +
    `<pre>${html(curlOf(method, path, operation))}</pre>` +
    table("Parameters", parameters) +
    table("Body", operation.requestBody?.content["application/json"]?.schema) +
    answers.join("") + "</div></details>";
}

/** Paths of one matter stand together: `/api/v1/plugins/{slot}` with `/api/v1/plugins`. */
function matterOf(path: string): string {
  return /^\/api\/v1\/([^/]+)/.exec(path)?.[1] ?? "health and metrics";
}

/** The page. */
export function docsPage(document: OpenApi): string {
  const matters = new Map<string, string[]>();
  for (const [path, methods] of Object.entries(document.paths)) {
    const matter = matterOf(path);
    const list = matters.get(matter) ?? [];
    matters.set(matter, list);
    for (const [method, one] of Object.entries(methods)) list.push(section(path, method, one));
  }
  const parts = [...matters].map(([matter, list]) => `<h2>${html(matter)}</h2>${list.join("")}`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width"><title>Espalier admin API</title>` +
    `<style>${STYLE}</style></head><body><h1>Espalier admin API</h1>` +
    `<p>Watches and steers one node. Errors are problem documents (RFC 9457) with a stable ` +
    `<code>code</code>. For programs: <a href="openapi.json">openapi.json</a>.</p>` +
    `${parts.join("")}</body></html>`;
}

/** The page with the policy that lets its own style in, and nothing else. */
export function docsResponse(document: OpenApi): Response {
  const hash = createHash("sha256").update(STYLE).digest("base64");
  return new Response(docsPage(document), {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy":
        `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'`,
    },
  });
}
