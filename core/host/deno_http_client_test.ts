import assert from "node:assert/strict";
import { PortError } from "../ports.ts";
import { httpRequest } from "./deno_http_client.ts";

/** A server for one test; gives its URL. */
function serve(handler: (request: Request) => Response | Promise<Response>) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  const url = `http://127.0.0.1:${server.addr.port}/x`;
  return { url, [Symbol.asyncDispose]: () => server.shutdown() };
}

const ask = (url: string) => ({ method: "POST" as const, url, deadlineMs: 5000 });
const coded = (code: string) => (error: PortError) => {
  assert.ok(error instanceof PortError, String(error));
  assert.equal(error.code, code, error.message);
  return true;
};

Deno.test("a request carries method, headers and body, and its answer any status", async () => {
  let seen = "";
  await using server = serve(async (request) => {
    seen = `${request.method} ${request.headers.get("x-a")} ${await request.text()}`;
    return new Response("no", { status: 418, headers: { "x-b": "2" } });
  });
  const answer = await httpRequest({ ...ask(server.url), headers: { "x-a": "1" }, body: "hello" });
  assert.equal(seen, "POST 1 hello");
  assert.equal(answer.status, 418);
  assert.equal(answer.headers["x-b"], "2");
  assert.equal(new TextDecoder().decode(answer.body), "no");
});

Deno.test("an answer is kept up to its bound only", async () => {
  await using server = serve(() => new Response("x".repeat(1_000_000)));
  const { body } = await httpRequest({ ...ask(server.url), maxBytes: 100 });
  assert.equal(body.length, 100);
});

Deno.test("a server that is silent, gone, or points elsewhere", async () => {
  const never = Promise.withResolvers<Response>();
  let asked = 0;
  await using server = serve((request) => {
    asked++;
    return request.url.endsWith("/elsewhere")
      ? new Response(null, { status: 302, headers: { location: "http://127.0.0.1:9/" } })
      : never.promise;
  });
  // Whatever happens here, the server must not wait for it.
  using _end = { [Symbol.dispose]: () => never.resolve(new Response("late")) };
  await assert.rejects(httpRequest({ ...ask(server.url), deadlineMs: 30 }), coded("timeout"));
  const abort = new AbortController();
  const asking = httpRequest(ask(server.url), abort.signal);
  abort.abort();
  await assert.rejects(asking, coded("closed"));
  const moved = await httpRequest(ask(server.url.replace("/x", "/elsewhere")));
  assert.equal(moved.status, 302, "redirections are not followed");
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  closed.close();
  const gone = `http://127.0.0.1:${closed.addr.port}/`;
  await assert.rejects(httpRequest(ask(gone)), coded("refused"));
  await assert.rejects(httpRequest(ask("file:///etc/hostname")), coded("io"));
  await assert.rejects(httpRequest(ask("nonsense")), coded("io"));
  assert.ok(asked >= 1);
});
