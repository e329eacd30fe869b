import assert from "node:assert/strict";
import { testPorts, until } from "./testing.ts";
import type { Http, HttpWriter } from "../ports.ts";

async function serving(
  handler: Parameters<Http["serve"]>[1],
  run: (base: string, ports: ReturnType<typeof testPorts>) => Promise<void>,
  options = {},
): Promise<void> {
  const ports = testPorts();
  const server = await ports.http.serve({ host: "127.0.0.1", port: 0 }, handler, options);
  try {
    await run(`http://127.0.0.1:${server.local.port}`, ports);
  } finally {
    await server[Symbol.asyncDispose]();
  }
}

Deno.test("a request is told as data, its path split and decoded", async () => {
  await serving((request) => ({
    status: 200,
    headers: { "x-a": "b" },
    body: JSON.stringify([request.method, request.path, request.query, request.headers["range"]]),
  }), async (base) => {
    const reply = await fetch(`${base}/files//a%2Fb?x=1`, { headers: { range: "bytes=0-" } });
    assert.equal(reply.headers.get("x-a"), "b");
    assert.deepEqual(await reply.json(), ["GET", ["files", "a/b"], { x: "1" }, "bytes=0-"]);
    assert.equal((await (await fetch(`${base}/%ff`)).text()).trim(), "bad request");
  });
});

Deno.test("a handler that throws answers 500 and is logged", async () => {
  await serving(() => {
    throw new Error("oops");
  }, async (base, ports) => {
    const reply = await fetch(base);
    assert.equal(reply.status, 500);
    assert.doesNotMatch(await reply.text(), /oops/);
    assert.equal(ports.log.lines.length, 1);
  });
});

Deno.test("a body is written with backpressure and arrives whole", async () => {
  const total = 8 * 1024 * 1024;
  let most = 0;
  await serving(() => ({
    status: 200,
    body: (writer) => {
      let sent = 0;
      const fill = (): void => {
        while (sent < total) {
          const chunk = new Uint8Array(65_536).fill(sent / 65_536);
          sent += chunk.length;
          const more = writer.write(chunk);
          most = Math.max(most, writer.queuedBytes);
          if (!more) return;
        }
        writer.end();
      };
      writer.onDrain(fill);
      fill();
    },
  }), async (base) => {
    const bytes = new Uint8Array(await (await fetch(base)).arrayBuffer());
    assert.equal(bytes.length, total);
    assert.ok(bytes.every((byte, i) => byte === Math.floor(i / 65_536) % 256));
    assert.ok(most <= 256 * 1024 + 65_536, `${most} bytes waited`);
  }, { highBytes: 256 * 1024 });
});

Deno.test("a client that leaves is told to the writer, once", async () => {
  let gone = 0;
  await serving(() => ({
    status: 200,
    body: (writer) => {
      writer.onGone(() => gone++);
      writer.write(new Uint8Array(1000));
    },
  }), async (base) => {
    const reply = await fetch(base);
    const reader = reply.body?.getReader();
    assert.equal((await reader?.read())?.value?.length, 1000);
    await reader?.cancel();
    await until("the writer hears it", () => gone === 1);
  });
  assert.equal(gone, 1);
});

Deno.test("an aborted body breaks the transfer; requests over the limit get 503", async () => {
  const writers: HttpWriter[] = [];
  await serving(() => ({
    status: 200,
    headers: { "content-length": "2000" },
    body: (writer) => {
      writers.push(writer);
      writer.write(new Uint8Array(1000));
    },
  }), async (base) => {
    const reply = await fetch(base);
    const busy = await fetch(base);
    assert.equal(busy.status, 503);
    await busy.body?.cancel();
    const broken = assert.rejects(reply.arrayBuffer());
    writers[0]?.abort();
    await broken;
    writers[0]?.end();
  }, { maxRequests: 1 });
});

Deno.test("stopping the server ends open responses and tells their writers", async () => {
  let gone = 0;
  const ports = testPorts();
  const server = await ports.http.serve({ host: "127.0.0.1", port: 0 }, () => ({
    status: 200,
    body: (writer) => {
      writer.onGone(() => gone++);
      writer.write(new Uint8Array(10));
    },
  }));
  const reply = await fetch(`http://127.0.0.1:${server.local.port}`);
  const broken = assert.rejects(reply.arrayBuffer());
  await server[Symbol.asyncDispose]();
  await broken;
  assert.equal(gone, 1);
});
