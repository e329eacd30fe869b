import assert from "node:assert/strict";
import type { Addr } from "../ports.ts";
import { type AdminRoute, UserError } from "../plugin.ts";
import { type Admin, type AdminOptions, type AdminView, createAdmin } from "./admin.ts";
import { createMetrics } from "./metrics.ts";
import { eventHub, memoryLog, until } from "./testing.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 };
const TOKEN = "correct-horse-battery";

function view(more: Partial<AdminView> = {}): AdminView {
  return {
    node: () => ({ name: "n1" }),
    neighbors: () => [],
    tree: () => ({ origins: [] }),
    streams: () => [{ name: "o/clip", ssrc: 2 }],
    pops: () => [],
    sessions: () => [],
    plugins: () => [],
    config: () => ({
      admin: { token: TOKEN },
      srt: { passphrase: "x", deep: [{ password: "y" }] },
    }),
    notReady: () => [],
    drain: () => {},
    routes: () => [],
    ...more,
  };
}

/** An endpoint that listens, and a way to ask it. */
async function open(options: Partial<AdminOptions> = {}) {
  const log = memoryLog();
  const metrics = createMetrics();
  const events = eventHub();
  const made = { listen: LOOPBACK, node: view(), metrics, events, log };
  const admin: Admin = createAdmin({ ...made, ...options });
  const addr = await admin.start();
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`http://127.0.0.1:${addr.port}${path}`, init);
    const text = await response.text();
    const isJson = /json$/.test(response.headers.get("content-type") ?? "");
    const json = isJson && text !== "" ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, text, json };
  };
  return { admin, addr, ask, log, metrics, events, [Symbol.asyncDispose]: () => admin.stop() };
}

const asJson = (body: string): RequestInit => ({
  method: "POST",
  body,
  headers: { "content-type": "application/json" },
});

/** Sends raw bytes; resolves to what the server said until it closed or `done` holds. */
async function raw(addr: Addr, text: string, done: (answer: string) => boolean): Promise<string> {
  using conn = await Deno.connect({ hostname: addr.host, port: addr.port });
  await conn.write(new TextEncoder().encode(text));
  const buffer = new Uint8Array(8192);
  let answer = "";
  while (!done(answer)) {
    const length = await conn.read(buffer);
    if (length === null) break;
    answer += new TextDecoder().decode(buffer.subarray(0, length));
  }
  return answer;
}

/** A plugin's route that gives back what it was given. */
const echo: AdminRoute = {
  method: "post",
  path: "/echo/:name",
  summary: "Gives back what it is given.",
  handle: (request) => request,
};

Deno.test("the endpoint answers with the node's data", async () => {
  await using endpoint = await open();
  const { ask } = endpoint;
  assert.deepEqual((await ask("/healthz")).json, { status: "ok" });
  assert.deepEqual((await ask("/readyz")).json, { ready: true });
  assert.deepEqual((await ask("/api/v1/node")).json, { name: "n1" });
  assert.deepEqual((await ask("/api/v1/streams")).json, [{ name: "o/clip", ssrc: 2 }]);
  for (const what of ["neighbors", "tree", "pops", "sessions", "plugins"]) {
    const { status, headers } = await ask(`/api/v1/${what}`);
    assert.equal(status, 200, what);
    assert.equal(headers.get("content-type"), "application/json");
  }
});

Deno.test("a node that is not ready says 503 and why, and lives", async () => {
  let reasons = ["plugins are starting"];
  await using endpoint = await open({ node: view({ notReady: () => reasons }) });
  const answer = await endpoint.ask("/readyz");
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.deepEqual(answer.json.reasons, reasons);
  assert.equal((await endpoint.ask("/healthz")).status, 200);
  reasons = [];
  assert.equal((await endpoint.ask("/readyz")).status, 200);
});

Deno.test("secrets of the config are hidden at any depth", async () => {
  await using endpoint = await open();
  const { text, json } = await endpoint.ask("/api/v1/config");
  assert.ok(!text.includes(TOKEN));
  assert.equal(json.admin.token, "(hidden)");
  assert.equal(json.srt.passphrase, "(hidden)");
  assert.equal(json.srt.deep[0].password, "(hidden)");
});

Deno.test("metrics are given as Prometheus text", async () => {
  await using endpoint = await open();
  endpoint.metrics.counter("things_total", "Things.").add(3);
  const { text, headers } = await endpoint.ask("/metrics");
  assert.match(text, /^espalier_things_total 3$/m);
  assert.match(headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
});

Deno.test("drain is begun by POST only", async () => {
  let drains = 0;
  await using endpoint = await open({ node: view({ drain: () => void (drains += 1) }) });
  const wrong = await endpoint.ask("/api/v1/drain");
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get("allow"), "POST");
  assert.equal(drains, 0);
  assert.equal((await endpoint.ask("/api/v1/drain", { method: "POST" })).status, 202);
  assert.equal(drains, 1);
});

Deno.test("HEAD answers like GET without a body", async () => {
  await using endpoint = await open();
  const answer = await endpoint.ask("/api/v1/node", { method: "HEAD" });
  assert.equal(answer.status, 200);
  assert.equal(answer.text, "");
});

Deno.test("errors are problem documents", async () => {
  const fault: AdminRoute = {
    method: "get",
    path: "/fault",
    summary: "Fails.",
    handle: () => {
      throw new Error("inner words");
    },
  };
  const refuse: AdminRoute = {
    ...fault,
    path: "/refuse",
    handle: () => Promise.reject(new UserError("stream-unknown", "Cannot find the stream")),
  };
  await using endpoint = await open({ node: view({ routes: () => [echo, fault, refuse] }) });
  const { ask, log } = endpoint;
  const cases: [string, RequestInit, number, string][] = [
    ["/nope", {}, 404, "no-route"],
    ["/api/v1/%E0%A4%A", {}, 404, "no-route"],
    ["/api/v1/node", { method: "DELETE" }, 405, "wrong-method"],
    ["/api/v1/node", { method: "OPTIONS" }, 405, "wrong-method"],
    ["/api/v1/echo/x", asJson("{broken"), 400, "bad-json"],
    ["/api/v1/echo/x", { method: "POST", body: "a=b" }, 415, "not-json"],
    ["/api/v1/echo/x", { method: "POST", body: new FormData() }, 415, "not-json"],
    ["/api/v1/echo/x", asJson(JSON.stringify("x".repeat(70_000))), 413, "too-large"],
    ["/api/v1/refuse", {}, 404, "stream-unknown"],
    ["/api/v1/fault", {}, 500, "internal"],
  ];
  for (const [path, init, status, code] of cases) {
    const answer = await ask(path, init);
    assert.equal(answer.status, status, `${path} ${code}`);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.equal(answer.json.code, code);
    assert.equal(answer.json.status, status);
    assert.ok(!answer.text.includes("inner words"));
  }
  assert.deepEqual(log.lines.filter((line) => line.level === "error").length, 1);
});

Deno.test("a body that grows too large on the way is refused too", async () => {
  await using endpoint = await open({ node: view({ routes: () => [echo] }) });
  const chunk = new TextEncoder().encode("x".repeat(16 * 1024));
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1;
      if (sent > 20) controller.close();
      else controller.enqueue(chunk);
    },
  });
  const answer = await endpoint.ask("/api/v1/echo/x", { ...asJson(""), body });
  assert.equal(answer.status, 413);
});

Deno.test("a plugin's route gets parameters, query and body, and goes with its plugin", async () => {
  let routes: readonly AdminRoute[] = [echo];
  await using endpoint = await open({ node: view({ routes: () => routes }) });
  const answer = await endpoint.ask("/api/v1/echo/a%20b?loss=5", asJson('{"x":1}'));
  assert.deepEqual(answer.json, { params: { name: "a b" }, query: { loss: "5" }, body: { x: 1 } });
  const empty = await endpoint.ask("/api/v1/echo/n", { method: "POST" });
  assert.deepEqual(empty.json, { params: { name: "n" }, query: {} });
  routes = [];
  assert.equal((await endpoint.ask("/api/v1/echo/n", { method: "POST" })).status, 404);
});

Deno.test("a plugin cannot take the place of the endpoint's own routes", async () => {
  const thief: AdminRoute = {
    method: "get",
    path: "/node",
    summary: "Mine.",
    handle: () => "mine",
  };
  await using endpoint = await open({ node: view({ routes: () => [thief] }) });
  assert.deepEqual((await endpoint.ask("/api/v1/node")).json, { name: "n1" });
});

Deno.test("with a token everything but the health checks demands it", async () => {
  await using endpoint = await open({ token: TOKEN });
  const { ask } = endpoint;
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  for (const path of ["/api/v1/node", "/metrics", "/nope", "/api/v1/openapi.json", "/healthz/x"]) {
    const answer = await ask(path);
    assert.equal(answer.status, 401, path);
    assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer/);
    assert.equal((await ask(path, bearer(`${TOKEN}x`))).status, 401);
    assert.equal((await ask(path, bearer(TOKEN.slice(1)))).status, 401);
  }
  assert.equal((await ask("/api/v1/node", bearer(TOKEN))).status, 200);
  assert.equal((await ask("/healthz")).status, 200);
  assert.equal((await ask("/readyz")).status, 200);
});

Deno.test("the dashboard's page needs no token, holds none, and runs nothing but its own script", async () => {
  await using endpoint = await open({ token: TOKEN });
  const { ask } = endpoint;
  const page = await ask("/");
  assert.equal(page.status, 200);
  assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
  const policy = page.headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'; script-src 'self'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  assert.doesNotMatch(page.text, /<script(?![^>]* src="\/)|https?:\/\/(?!www\.w3\.org)| on\w+=/);
  const script = await ask("/dashboard.js");
  assert.equal(script.status, 200);
  for (const { text } of [page, script]) assert.ok(!text.includes(TOKEN));
  const tag = script.headers.get("etag") ?? "";
  const again = await ask("/dashboard.js", { headers: { "if-none-match": tag } });
  assert.equal(again.status, 304);
  assert.equal((await ask("/", { method: "HEAD" })).text, "");
  assert.equal((await ask("/", { method: "POST" })).status, 401);
  assert.equal((await ask("/dashboard.js.map")).status, 401);
});

Deno.test("off loopback without a token nothing is even made", () => {
  const node = view();
  for (const host of ["0.0.0.0", "::", "192.0.2.1", "relay.example"]) {
    assert.throws(
      () =>
        createAdmin({
          listen: { host, port: 0 },
          node,
          metrics: createMetrics(),
          events: eventHub(),
          log: memoryLog(),
        }),
      (error: UserError) => error.name === "UserError" && error.code === "admin-token",
    );
  }
});

Deno.test("a name that was rebound to loopback and a page of another site are refused", async () => {
  await using endpoint = await open();
  const { addr } = endpoint;
  const get = (headers: string, method = "GET", path = "/api/v1/node") =>
    raw(
      addr,
      `${method} ${path} HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n${headers}\r\n\r\n`,
      () => false,
    );
  assert.match(await get(`Host: evil.example:${addr.port}`), /^HTTP\/1.1 421 /);
  assert.match(await get("Host: evil.example", "GET", "/healthz"), /^HTTP\/1.1 421 /);
  for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
    assert.match(await get(`Host: ${host}:${addr.port}`), /^HTTP\/1.1 200 /, host);
  }
  const host = `Host: 127.0.0.1:${addr.port}`;
  const post = (origin: string) => get(`${host}\r\nOrigin: ${origin}`, "POST", "/api/v1/drain");
  assert.match(await post("https://evil.example"), /^HTTP\/1.1 403 /);
  assert.match(await post("null"), /^HTTP\/1.1 403 /);
  assert.match(await post(`http://127.0.0.1:${addr.port}`), /^HTTP\/1.1 202 /);
});

Deno.test("every answer carries the security headers", async () => {
  await using endpoint = await open();
  for (const path of ["/healthz", "/nope", "/metrics"]) {
    const { headers } = await endpoint.ask(path);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("cache-control"), "no-store");
    assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'/);
  }
});

Deno.test("the OpenAPI document names every route", async () => {
  await using endpoint = await open({ token: TOKEN, node: view({ routes: () => [echo] }) });
  const headers = { authorization: `Bearer ${TOKEN}` };
  const { json } = await endpoint.ask("/api/v1/openapi.json", { headers });
  assert.equal(json.openapi, "3.1.0");
  assert.deepEqual(json.paths["/healthz"].get.security, []);
  assert.equal(json.paths["/api/v1/echo/{name}"].post.parameters[0].name, "name");
  for (const path of ["/metrics", "/api/v1/node", "/api/v1/drain", "/api/v1/openapi.json"]) {
    assert.ok(json.paths[path], path);
  }
});

Deno.test("events are a page of JSON for ?since=, and a stream otherwise", async () => {
  await using endpoint = await open();
  const { ask, events, addr } = endpoint;
  events.emit("joined", { stream: "o/clip", parent: "n1", token: TOKEN });
  const page = await ask("/api/v1/events?since=0");
  assert.equal(page.json.last, events.last);
  assert.deepEqual(page.json.events[0].fields, {
    stream: "o/clip",
    parent: "n1",
    token: "(hidden)",
  });
  assert.equal((await ask("/api/v1/events?since=x")).status, 400);
  assert.equal(
    (await ask("/api/v1/events", { headers: { "last-event-id": "-1" } })).status,
    400,
  );
  const head = await ask("/api/v1/events", { method: "HEAD" });
  assert.equal(head.headers.get("content-type"), "text/event-stream");
  assert.equal(events.listeners, 0, "a HEAD follows nothing");
  const request = `GET /api/v1/events?since=0 HTTP/1.1\r\nHost: 127.0.0.1:${addr.port}\r\n` +
    "Accept: text/event-stream\r\n\r\n";
  const answer = await raw(addr, request, (text) => text.includes('"o/clip"'));
  assert.match(answer, /content-type: text\/event-stream/i);
  await until("the follower is forgotten", () => events.listeners === 0);
});

Deno.test("a port in use is the user's to mend", async () => {
  await using first = await open();
  const second = createAdmin({
    listen: first.addr,
    node: view(),
    metrics: createMetrics(),
    events: eventHub(),
    log: memoryLog(),
  });
  await assert.rejects(second.start(), (error: UserError) => {
    assert.equal(error.name, "UserError");
    assert.equal(error.code, "address-in-use");
    assert.match(error.message, /^Cannot open the admin endpoint on 127.*: the address is in use/);
    return true;
  });
  await second.stop();
});

Deno.test("stopping takes less than half a second with open connections and a stuck request", async () => {
  let asked = 0;
  const stuck: AdminRoute = {
    method: "get",
    path: "/stuck",
    summary: "Never answers.",
    handle: () => {
      asked += 1;
      return new Promise(() => {});
    },
  };
  const endpoint = await open({ node: view({ routes: () => [stuck, echo] }) });
  const { addr, admin } = endpoint;
  const head = `Host: 127.0.0.1:${addr.port}\r\n`;
  const opened = [
    raw(addr, "", () => false),
    raw(addr, `GET / HTTP/1.1\r\n${head}`, () => false),
    raw(addr, `GET /healthz HTTP/1.1\r\n${head}\r\n`, () => false),
    raw(
      addr,
      `POST /api/v1/echo/x HTTP/1.1\r\n${head}Content-Type: application/json\r\n` +
        "Content-Length: 10\r\n\r\n{",
      () => false,
    ),
    raw(addr, `GET /api/v1/stuck HTTP/1.1\r\n${head}\r\n`, () => false),
  ];
  await until("the stuck request arrived", () => asked === 1);
  const startMs = performance.now();
  await admin.stop();
  assert.ok(performance.now() - startMs < 500, `${performance.now() - startMs} ms`);
  await admin.stop();
  const answers = await Promise.all(opened);
  assert.match(answers.at(-1) ?? "", /^HTTP\/1.1 503 /);
});
