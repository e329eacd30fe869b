import assert from "node:assert/strict";
import { PortError } from "../ports.ts";
import { BLOCK_BYTES, blockHashes, merkleRoot } from "../swarm/identity.ts";
import { type PieceProof, provePiece } from "../swarm/piece_proof.ts";
import { denoFiles } from "./deno_files.ts";
import { PieceThreads } from "./piece_threads.ts";
import { until } from "./testing.ts";

const WIDTH = 4;

/** A piece in shared memory, and what it must be. */
function piece(seed: number) {
  const bytes = new Uint8Array(new SharedArrayBuffer(WIDTH * BLOCK_BYTES)).fill(seed);
  return { bytes, target: { width: WIDTH, hash: merkleRoot(blockHashes(bytes), WIDTH, 0) } };
}

async function inFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("right pieces are kept where they belong, wrong ones are not", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/part`;
    {
      await using file = await denoFiles().openUpdate(path);
      const kept = (from: number, count: number) =>
        Promise.all(Array.from({ length: count }, async (_, i) => {
          const { bytes, target } = piece(from + i);
          const proof = await file.keep((from + i) * bytes.length, bytes, target);
          assert.ok(proof.isRight);
          assert.equal(proof.leaves.length, WIDTH * 32);
        }));
      await kept(0, 20);
      await kept(20, 20);
      const { target } = piece(1);
      const wrong = await file.keep(0, piece(99).bytes, target);
      assert.equal(wrong.isRight, false);
      assert.notDeepEqual(wrong.leaves, blockHashes(piece(1).bytes));
    }
    const whole = await Deno.readFile(path);
    assert.equal(whole.length, 40 * WIDTH * BLOCK_BYTES);
    for (let i = 0; i < 40; i++) assert.equal(whole[i * WIDTH * BLOCK_BYTES + 7], i);
  });
});

/** Gives pieces until a thread does one, `here` being what is done meanwhile. */
async function untilThread(threads: PieceThreads, path: string): Promise<PieceProof> {
  let proof: PieceProof | undefined;
  let failure: unknown;
  let isAsking = false;
  const ask = async (): Promise<void> => {
    isAsking = true;
    let isHere = false;
    const { bytes, target } = piece(3);
    const answer = threads.keep({ path, offset: 5, bytes, target }, () => {
      isHere = true;
      return Promise.resolve(provePiece(bytes, target));
    });
    try {
      const answered = await answer;
      if (!isHere) proof = answered;
    } catch (error) {
      failure = error;
    }
    isAsking = false;
  };
  await until("a thread does it", () => {
    if (!isAsking && proof === undefined) void ask();
    return proof !== undefined || failure !== undefined;
  }, 10_000);
  if (failure !== undefined) throw failure;
  assert.ok(proof !== undefined);
  return proof;
}

Deno.test("a thread writes, says why it cannot, and what it leaves at its end is done by the one who asked", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/part`;
    await Deno.writeFile(path, new Uint8Array());
    const threads = new PieceThreads();
    threads.opened();
    assert.ok((await untilThread(threads, path)).isRight);
    const written = await Deno.readFile(path);
    assert.deepEqual([written[4], written[5], written.at(-1)], [0, 3, 3]);
    assert.equal(written.length, 5 + WIDTH * BLOCK_BYTES);
    // More at once than the thread is left alone with, wrong ones among them.
    const many = await Promise.all(Array.from({ length: 30 }, (_, i) => {
      const { bytes, target } = piece(i);
      if (i % 3 === 0) bytes.fill(200);
      const never = () => Promise.reject(new Error("the thread is there"));
      return threads.keep({ path, offset: i * bytes.length, bytes, target }, never);
    }));
    const kept = await Deno.readFile(path);
    for (let i = 0; i < 30; i++) {
      assert.equal(many[i]?.isRight, i % 3 !== 0, `piece ${i}`);
      const byte = kept[i * WIDTH * BLOCK_BYTES + 9];
      if (i % 3 !== 0) assert.equal(byte, i);
      else assert.notEqual(byte, 200);
    }
    const { bytes, target } = piece(4);
    const here = () => Promise.resolve(provePiece(bytes, target));
    const nowhere = { path: `${folder}/none/part`, offset: 0, bytes, target };
    await assert.rejects(
      threads.keep(nowhere, here),
      (error) => error instanceof PortError && error.code === "not-found",
    );
    let isHere = false;
    const last = threads.keep({ path, offset: 0, bytes, target }, () => {
      isHere = true;
      return here();
    });
    threads.closed(path);
    assert.ok((await last).isRight);
    assert.ok(isHere);
  });
});

Deno.test({
  name: "a full disk is told as such",
  ignore: !await Deno.stat("/dev/full").then(() => true, () => false),
  fn: async () => {
    const threads = new PieceThreads();
    threads.opened();
    try {
      await assert.rejects(
        untilThread(threads, "/dev/full"),
        (error) => error instanceof PortError && error.code === "full",
      );
    } finally {
      threads.closed("/dev/full");
    }
  },
});
