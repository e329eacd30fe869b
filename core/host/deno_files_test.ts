import assert from "node:assert/strict";
import type { PortError } from "../ports.ts";
import { testPorts } from "./testing.ts";

/** A folder that goes with the test. */
async function temporary() {
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "espalier-files-" }));
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

const { files } = testPorts();

function code(expected: string) {
  return (error: PortError): boolean => {
    assert.equal(error.name, "PortError");
    assert.equal(error.code, expected);
    assert.match(error.message, /^Cannot .+: ./);
    return true;
  };
}

Deno.test("a file is created once, appended to, truncated, and read at any offset", async () => {
  await using folder = await temporary();
  const path = `${folder.path}/clip.ts`;
  {
    await using out = await files.openWrite(path, "create");
    await Promise.all(["ab", "cd", "ef"].map((word) => out.write(new TextEncoder().encode(word))));
    await out.sync();
  }
  await assert.rejects(files.openWrite(path, "create"), code("exists"));
  {
    await using out = await files.openWrite(path, "append");
    await out.write(new TextEncoder().encode("gh"));
  }
  {
    await using input = await files.openRead(path);
    assert.equal(input.sizeBytes, 8);
    const [late, early] = [new Uint8Array(4), new Uint8Array(2)];
    assert.deepEqual(await Promise.all([input.read(6, late), input.read(0, early)]), [2, 2]);
    assert.equal(new TextDecoder().decode(late.subarray(0, 2)), "gh");
    assert.equal(new TextDecoder().decode(early), "ab");
    assert.equal(await input.read(8, late), 0);
  }
  await using _emptied = await files.openWrite(path, "truncate");
  assert.equal((await files.stat(path))?.sizeBytes, 0);
});

Deno.test("links are resolved, and a dangling one is nothing", async () => {
  await using folder = await temporary();
  await Deno.writeTextFile(`${folder.path}/real.ts`, "x");
  await Deno.symlink(`${folder.path}/real.ts`, `${folder.path}/link.ts`);
  await Deno.symlink(`${folder.path}/gone.ts`, `${folder.path}/dangling.ts`);
  assert.equal(await files.realPath(`${folder.path}/link.ts`), `${folder.path}/real.ts`);
  assert.equal((await files.stat(`${folder.path}/link.ts`))?.path, `${folder.path}/real.ts`);
  assert.equal(await files.stat(`${folder.path}/dangling.ts`), undefined);
  assert.equal(await files.stat(`${folder.path}/nothing`), undefined);
  assert.deepEqual(
    (await files.list(folder.path)).map((one) => one.path),
    [`${folder.path}/real.ts`, `${folder.path}/real.ts`],
  );
});

Deno.test("what is missing is not found, and a folder is no file", async () => {
  await using folder = await temporary();
  const missing = `${folder.path}/missing`;
  await assert.rejects(files.openRead(missing), code("not-found"));
  await assert.rejects(files.list(missing), code("not-found"));
  await assert.rejects(files.realPath(missing), code("not-found"));
  await assert.rejects(files.remove(missing), code("not-found"));
  await assert.rejects(files.openWrite(`${missing}/deep`, "create"), code("not-found"));
  await assert.rejects(files.openRead(folder.path), code("io"));
});

Deno.test("folders are made with their parents, files renamed and removed", async () => {
  await using folder = await temporary();
  await files.makeFolder(`${folder.path}/a/b`);
  await files.makeFolder(`${folder.path}/a/b`);
  await Deno.writeTextFile(`${folder.path}/a/one`, "1");
  await files.rename(`${folder.path}/a/one`, `${folder.path}/a/b/two`);
  assert.equal((await files.stat(`${folder.path}/a/b`))?.kind, "directory");
  assert.equal((await files.stat(`${folder.path}/a/b/two`))?.kind, "file");
  await files.remove(`${folder.path}/a/b/two`);
  assert.equal(await files.stat(`${folder.path}/a/b/two`), undefined);
});

Deno.test({
  name: "a full disk is told as full",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using out = await files.openWrite("/dev/full", "append");
    await assert.rejects(out.write(new Uint8Array(10)), code("full"));
  },
});

Deno.test({
  name: "a place that may not be written is denied",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    // Also for root, whom no folder's mode keeps out.
    await assert.rejects(files.openWrite("/sys/espalier", "create"), code("denied"));
  },
});

Deno.test({
  name: "an unwritable folder is denied",
  // For root no folder is unwritable.
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  fn: async () => {
    await using folder = await temporary();
    await Deno.chmod(folder.path, 0o500);
    await assert.rejects(files.openWrite(`${folder.path}/x`, "create"), code("denied"));
  },
});

Deno.test({
  name: "without a permission every port is denied at once, and nobody is asked",
  permissions: { read: false, write: false, net: false, run: false },
  fn: async () => {
    const { files, net, spawn } = testPorts();
    const loopback = { host: "127.0.0.1", port: 0 };
    await assert.rejects(files.stat("/"), code("denied"));
    await assert.rejects(files.openWrite("/x", "create"), code("denied"));
    await assert.rejects(net.udp(loopback, { plane: "media" }), code("denied"));
    await assert.rejects(net.listen(loopback, () => {}), code("denied"));
    await assert.rejects(net.dial(loopback, new AbortController().signal), code("denied"));
    assert.throws(() => spawn(["cat"]), code("denied"));
  },
});
