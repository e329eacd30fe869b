import assert from "node:assert/strict";
import { World } from "./world.ts";

const A = "10.0.0.1";

Deno.test("files are written, read, listed, renamed and removed", async () => {
  const world = new World({ seed: 1 });
  const { files } = world.ports(A);
  await files.makeFolder("/media/clips");
  const out = await files.openWrite("/media/clips/a.ts", "create");
  await out.write(new Uint8Array([1, 2, 3]));
  await out.write(new Uint8Array([4]));
  await out[Symbol.asyncDispose]();
  await assert.rejects(files.openWrite("/media/clips/a.ts", "create"), { code: "exists" });
  const handle = await files.openRead("/media/clips/a.ts");
  const into = new Uint8Array(3);
  assert.deepEqual([handle.sizeBytes, await handle.read(2, into), [...into]], [4, 2, [3, 4, 0]]);
  assert.equal(await handle.read(4, into), 0);
  await files.rename("/media/clips/a.ts", "/media/clips/b.ts");
  assert.deepEqual((await files.list("/media/clips")).map((f) => f.path), ["/media/clips/b.ts"]);
  await assert.rejects(files.remove("/media"), { code: "io" });
  await files.remove("/media/clips/b.ts");
  assert.equal(await files.stat("/media/clips/b.ts"), undefined);
  await assert.rejects(files.openRead("/media/clips/b.ts"), { code: "not-found" });
});

Deno.test("links are resolved, so that an escape can be seen", async () => {
  const world = new World({ seed: 1 });
  const disk = world.disk(A);
  disk.put("/secret/canary", "x");
  disk.put("/media/ok.ts", "y");
  disk.link("/media/escape", "../secret");
  const { files } = world.ports(A);
  assert.equal(await files.realPath("/media/escape/canary"), "/secret/canary");
  assert.equal(await files.realPath("/media/../media/./ok.ts"), "/media/ok.ts");
  disk.link("/media/loop", "/media/loop");
  await assert.rejects(files.realPath("/media/loop"), { code: "io" });
});

Deno.test("a full disk refuses to write", async () => {
  const world = new World({ seed: 1 });
  world.disk(A).quotaBytes = 10;
  const { files } = world.ports(A);
  const out = await files.openWrite("/x", "truncate");
  await out.write(new Uint8Array(10));
  await assert.rejects(out.write(new Uint8Array(1)), { code: "full" });
});

Deno.test("a slow disk takes its time", async () => {
  const world = new World({ seed: 1 });
  world.disk(A).put("/x", "abc");
  world.host(A).diskDelayMs = 30;
  const info = await world.until(world.ports(A).files.stat("/x"));
  assert.deepEqual([info?.sizeBytes, world.nowMs], [3, 30]);
});

Deno.test("an unknown program is not found", () => {
  const { spawn } = new World({ seed: 1 }).ports(A);
  assert.throws(() => spawn(["ffmpeg"]), { code: "not-found" });
});

Deno.test("a scripted program reads, writes and ends", async () => {
  const world = new World({ seed: 1 });
  world.programs(A).install("cat", (process) => {
    process.onInput((bytes) => process.output(bytes));
    process.onInputClosed(() => {
      process.errorLine("bye");
      process.exit({ code: 0 });
    });
  });
  const child = world.ports(A).spawn(["cat", "-"], { stdin: true });
  const seen: unknown[] = [];
  child.onOutput((bytes) => seen.push(bytes[0]));
  child.onErrorLine((line) => seen.push(line));
  child.onExit((status) => seen.push(status.code));
  child.write(new Uint8Array([5]));
  await world.run(1);
  child.closeInput();
  await world.run(2);
  assert.deepEqual(seen, [5, "bye", 0]);
  assert.equal(child.write(new Uint8Array(1)), false);
});

Deno.test("a program that does not read backs up, drains and can be killed", async () => {
  const world = new World({ seed: 1 });
  world.programs(A).install("ffplay", (process) => process.hold(true));
  const child = world.ports(A).spawn(["ffplay"]);
  const seen: string[] = [];
  child.onDrain(() => seen.push("drain"));
  child.onExit((status) => seen.push(status.signal ?? ""));
  await world.run(1);
  assert.equal(child.write(new Uint8Array(4 * 1024 * 1024)), true);
  assert.equal(child.write(new Uint8Array(1)), false);
  world.programs(A).started[0]?.hold(false);
  await world.run(2);
  assert.equal(child.queuedBytes, 0);
  child.kill();
  await world.run(3);
  assert.deepEqual(seen, ["drain", "SIGTERM"]);
});
