/** The admin API of a real node against its own OpenAPI document: no input makes it fail, hang or lie. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import { connect } from "../../client/mod.ts";
import { problemAnswer } from "../../core/answers.ts";
import type { OpenApi } from "../../core/host/openapi.ts";
import {
  type ApiRequest,
  type Operation,
  operationsOf,
  requests,
  wrongRequests,
} from "./api_arbitrary.ts";
import { type TestNet, withNet } from "./net.ts";

/** An answer that takes longer hangs. */
const ANSWERS_WITHIN_MS = 15_000;
const RUNS = Number(Deno.env.get("API_RUNS") ?? 40);
const SEED = Number(Deno.env.get("SEED") ?? Date.now() % 1e6);

/** A node of many plugins that needs no other. */
async function alone(net: TestNet): Promise<{ base: string; document: OpenApi }> {
  const node = net.start("n", [
    { use: "relay", with: { pop: true } },
    { use: "viewer" },
    { use: "stats-sink" },
    { use: "chaos" },
  ], { log: { level: "error", format: "json" } });
  await net.ready();
  const response = await fetch(`${node.admin}/api/v1/openapi.json`);
  return { base: node.admin, document: await response.json() };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly json: unknown;
  readonly text: string;
}

async function send(
  base: string,
  { operation, url, body, contentType }: ApiRequest,
): Promise<Answer> {
  const response = await fetch(base + url, {
    method: operation.method.toUpperCase(),
    ...(body === undefined ? {} : { body }),
    headers: contentType === undefined ? {} : { "content-type": contentType },
    signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
  });
  const type = response.headers.get("content-type") ?? "";
  // Endless by design: that it begins is all there is to see.
  if (type.startsWith("text/event-stream")) {
    await response.body?.cancel();
    return { status: response.status, type, json: undefined, text: "" };
  }
  const text = await response.text();
  return {
    status: response.status,
    type,
    text,
    json: /json$/.test(type) ? JSON.parse(text) : text,
  };
}

/** What the document says of good answers, as checks. */
function checksOf(
  operation: Operation,
): ReadonlyMap<number, (answer: Answer) => string | undefined> {
  return new Map(
    Object.entries(operation.responses).flatMap(([status, response]) => {
      if (!("content" in response)) return [];
      const schema = response.content["application/json"]?.schema;
      // A JSON Schema that zod itself wrote.
      const checked = schema === undefined ? undefined : z.fromJSONSchema(schema as never);
      return [
        [Number(status), (answer: Answer) => {
          const known = Object.keys(response.content).some((type) => answer.type.startsWith(type));
          if (!known) return `answers ${answer.type}`;
          if (!answer.type.startsWith("application/json") || checked === undefined) {
            return undefined;
          }
          return checked.safeParse(answer.json).error?.message;
        }] as const,
      ];
    }),
  );
}

function checkProblem(answer: Answer): void {
  assert.equal(answer.type, "application/problem+json", answer.text);
  const problem = problemAnswer.parse(answer.json);
  assert.equal(problem.status, answer.status);
  assert.notEqual(problem.detail, "");
}

function describe(
  { operation, url, body, contentType }: ApiRequest,
  { status, text }: Answer,
): string {
  return `${operation.method.toUpperCase()} ${url} ${contentType} ${body} -> ${status} ${
    text.slice(0, 500)
  }`;
}

function settings(runs = RUNS) {
  return { numRuns: runs, seed: SEED, endOnFailure: true };
}

Deno.test(`whatever is asked, the node answers as its document says, and lives (SEED=${SEED})`, async () => {
  await withNet({}, async (net) => {
    const { base, document } = await alone(net);
    const operations = operationsOf(document)
      // Leaving is what it is asked for there.
      .filter(({ path }) => path !== "/api/v1/drain");
    assert.ok(operations.length > 30, `${operations.length} operations`);
    const known = [
      "n",
      "tree",
      "relay",
      "viewer",
      "stats-sink",
      "chaos",
      "keepalive",
      "sink",
      "pop",
    ];
    for (const operation of operations) {
      const checks = checksOf(operation);
      await fc.assert(
        fc.asyncProperty(requests(operation, known), async (request) => {
          const answer = await send(base, request);
          const what = describe(request, answer);
          assert.ok(answer.status < 500, what);
          if (answer.status >= 400) return checkProblem(answer);
          const check = checks.get(answer.status);
          assert.ok(check, `not documented: ${what}`);
          assert.equal(check(answer), undefined, what);
        }),
        settings(),
      );
    }
    const health = await fetch(`${base}/healthz`);
    assert.equal(health.status, 200);
    await health.body?.cancel();
    // Whatever came of it: what runs is a config that its file can hold.
    const client = connect(base);
    await client.save({ force: true });
    assert.equal((await client.reload({ force: true })).unsaved, false);
  });
});

Deno.test(`a body that the document forbids is refused, and nothing changes (SEED=${SEED})`, async () => {
  await withNet({}, async (net) => {
    const { base, document } = await alone(net);
    const client = connect(base);
    const before = await client.plugins();
    let checked = 0;
    for (const operation of operationsOf(document)) {
      const wrong = wrongRequests(operation);
      if (wrong === undefined) continue;
      checked++;
      await fc.assert(
        fc.asyncProperty(wrong, async (request) => {
          const answer = await send(base, request);
          assert.ok(answer.status >= 400 && answer.status < 500, describe(request, answer));
          checkProblem(answer);
        }),
        settings(3 * RUNS),
      );
    }
    assert.ok(checked >= 7, `${checked} operations take a body`);
    assert.deepEqual(await client.plugins(), before);
    assert.deepEqual(await client.sessions(), []);
  });
});
