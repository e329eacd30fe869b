import assert from "node:assert/strict";
import { PortError } from "../../ports.ts";
import {
  Block,
  CONTROL_BYTES,
  Doorbell,
  ERRNO,
  KernelClock,
  layoutOf,
  Libc,
  libcPaths,
  LinuxUdpSocket,
  Messages,
  openLibc,
  Poller,
  readSegment,
  readSockaddr,
  segmentControlBytes,
  SOCKADDR,
  SUPER_MAX_BYTES,
  Vectors,
  writeSegment,
  writeSockaddr,
} from "./mod.ts";

const found = openLibc();
const ignore = "missing" in found;
if ("missing" in found) console.log(`ignored: ${found.missing}`);

function test(name: string, fn: (libc: Libc) => void | Promise<void>): void {
  Deno.test({
    name,
    ignore,
    fn: async () => {
      if ("libc" in found) await fn(found.libc);
    },
  });
}

/** Root may, with the tools of util-linux and iproute2. */
async function mayMakeNamespaces(): Promise<boolean> {
  try {
    const command = new Deno.Command("unshare", { args: ["-n", "ip", "link"], stdout: "null" });
    return (await command.output()).success;
  } catch {
    return false;
  }
}

/** Everything to receive `count` messages of up to 64 KiB. */
class Inbox {
  readonly messages: Messages;
  readonly names: Block;
  readonly controls: Block;
  readonly payload: Block;
  readonly vectors: Vectors;

  constructor(readonly libc: Libc, readonly count: number) {
    this.messages = new Messages(libc, count);
    this.names = new Block(libc, count * SOCKADDR.size);
    this.controls = new Block(libc, count * CONTROL_BYTES);
    this.payload = new Block(libc, count * 65_536);
    this.vectors = new Vectors(libc, count);
    for (let index = 0; index < count; index++) {
      this.vectors.set(index, this.payload.address + index * 65_536, 65_536);
      this.messages.setVectors(index, this.vectors.addressOf(index), 1);
      this.messages.setName(index, this.names.address + index * SOCKADDR.size, SOCKADDR.size);
      this.messages.setControl(index, this.controls.address + index * CONTROL_BYTES, CONTROL_BYTES);
    }
  }

  bytes(index: number): Uint8Array {
    return this.payload.bytes.subarray(
      index * 65_536,
      index * 65_536 + this.messages.lengthOf(index),
    );
  }

  from(index: number) {
    return readSockaddr(this.names.bytes, index * SOCKADDR.size);
  }

  segment(index: number): number {
    const length = this.messages.controlLengthOf(index);
    return readSegment(this.libc.layout, this.controls, index * CONTROL_BYTES, length);
  }
}

/** One message to `to`, of payload that lies in `payload`, in pieces of `segment` bytes. */
function outbox(
  libc: Libc,
  to: LinuxUdpSocket,
  payload: Block,
  length: number,
  segment: number,
  count = 1,
) {
  const name = new Block(libc, SOCKADDR.size);
  const nameLength = writeSockaddr(name.bytes, 0, to.local, to.family);
  const control = new Block(libc, segmentControlBytes(libc.layout));
  const controlLength = segment === 0 ? 0 : writeSegment(libc.layout, control, 0, segment);
  const vectors = new Vectors(libc, 1);
  vectors.set(0, payload.address, length);
  const messages = new Messages(libc, count);
  for (let index = 0; index < count; index++) {
    messages.setName(index, name.address, nameLength);
    messages.setVectors(index, vectors.addressOf(0), 1);
    messages.setControl(index, control.address, controlLength);
  }
  return { messages, keep: [name, control, vectors, payload] };
}

function numbered(libc: Libc, length: number): Block {
  const block = new Block(libc, length);
  for (let at = 0; at < length; at++) block.bytes[at] = (at * 31 + (at >> 8)) & 0xff;
  return block;
}

for (const host of ["127.0.0.1", "::1"]) {
  test(`the kernel reads and writes our structs: plain datagrams over ${host}`, (libc) => {
    between(libc, host, {}, (sender, receiver) => {
      const payload = numbered(libc, 1328);
      const { messages } = outbox(libc, receiver, payload, 1328, 0, 3);
      assert.equal(sender.send(messages, 0, 3), 3);
      assert.deepEqual([0, 1, 2].map((index) => messages.lengthOf(index)), [1328, 1328, 1328]);
      const inbox = new Inbox(libc, 8);
      assert.equal(receiver.receive(inbox.messages, 0, 8), 3);
      for (let index = 0; index < 3; index++) {
        assert.deepEqual(inbox.bytes(index), payload.bytes.subarray(0, 1328));
        assert.deepEqual(inbox.from(index), sender.local);
        assert.equal(inbox.segment(index), 0);
      }
      assert.equal(receiver.receive(inbox.messages, 0, 8), -ERRNO.EAGAIN);
    });
  });

  test(`a super-datagram arrives in pieces, over ${host}`, (libc) => {
    between(libc, host, {}, (sender, receiver) => {
      assert.ok(sender.gso && !receiver.gro);
      const payload = numbered(libc, 3 * 1328 + 500);
      const { messages } = outbox(libc, receiver, payload, 3 * 1328 + 500, 1328);
      assert.equal(sender.send(messages, 0, 1), 1);
      assert.equal(messages.lengthOf(0), 3 * 1328 + 500);
      const inbox = new Inbox(libc, 8);
      assert.equal(receiver.receive(inbox.messages, 0, 8), 4);
      assert.deepEqual([0, 1, 2, 3].map((index) => inbox.bytes(index).length), [
        1328,
        1328,
        1328,
        500,
      ]);
      assert.deepEqual(inbox.bytes(3), payload.bytes.subarray(3 * 1328, 3 * 1328 + 500));
    });
  });

  test(`and as one where the receiver wants it so, over ${host}`, (libc) => {
    between(libc, host, { gro: true }, (sender, receiver) => {
      const payload = numbered(libc, 49 * 1328);
      const { messages } = outbox(libc, receiver, payload, 49 * 1328, 1328);
      assert.equal(sender.send(messages, 0, 1), 1);
      const inbox = new Inbox(libc, 64);
      let bytes = 0;
      for (let count = receiver.receive(inbox.messages, 0, 64), at = 0; at < count; at++) {
        assert.equal(inbox.segment(at), 1328);
        bytes += inbox.bytes(at).length;
      }
      assert.equal(bytes, 49 * 1328);
    });
  });
}

/** Two sockets for the time of a test. */
function between(
  libc: Libc,
  host: string,
  options: { readonly gro?: boolean },
  run: (sender: LinuxUdpSocket, receiver: LinuxUdpSocket) => void,
): void {
  const sender = new LinuxUdpSocket(libc, { host, port: 0 });
  const receiver = new LinuxUdpSocket(libc, { host, port: 0 }, options);
  try {
    run(sender, receiver);
  } finally {
    sender.close();
    receiver.close();
  }
}

test("going around the library's own sendmmsg sends the same", (libc) => {
  const raw = new Libc(libc.path, libc.layout, true);
  const receiver = new LinuxUdpSocket(libc, { host: "127.0.0.1", port: 0 });
  const sender = new LinuxUdpSocket(raw, { host: "127.0.0.1", port: 0 });
  const { messages } = outbox(raw, receiver, numbered(raw, 100), 100, 0, 2);
  assert.equal(sender.send(messages, 0, 2), 2);
  const inbox = new Inbox(libc, 4);
  assert.equal(receiver.receive(inbox.messages, 0, 4), 2);
  receiver.close();
  sender.close();
  raw.unload();
});

test("the kernel's refusals come as error numbers", (libc) => {
  between(libc, "127.0.0.1", {}, (sender, receiver) => {
    const tooLong = outbox(libc, receiver, new Block(libc, 65_536), SUPER_MAX_BYTES + 1, 0);
    assert.equal(sender.send(tooLong.messages, 0, 1), -ERRNO.EMSGSIZE);
    const tooMany = outbox(libc, receiver, new Block(libc, 65_536), 60_000, 10);
    assert.equal(sender.send(tooMany.messages, 0, 1), -ERRNO.EINVAL);
    assert.throws(
      () => new LinuxUdpSocket(libc, receiver.local),
      (error) => error instanceof PortError && error.code === "address-in-use",
    );
    assert.throws(
      () => new LinuxUdpSocket(libc, { host: "192.0.2.1", port: 0 }),
      (error) => error instanceof PortError && error.code === "address-not-available",
    );
  });
});

const mayNarrow = !ignore && await mayMakeNamespaces();
if (!mayNarrow) console.log("ignored: a narrow link needs root and `unshare -n`");

Deno.test({
  name: "what a link cannot take whole goes out in fragments",
  ignore: !mayNarrow,
  async fn() {
    const rig = new URL("./narrow_rig.ts", import.meta.url).pathname;
    const { stdout, stderr } = await new Deno.Command("unshare", {
      args: ["-n", Deno.execPath(), "run", "-A", "--no-check", rig],
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert.ok(text.length > 0, new TextDecoder().decode(stderr));
    assert.deepEqual(JSON.parse(text), [[1, 0], [1, 1], [1, 1], [1, 2]]);
  },
});

test("a batch stops at the message that is refused, and goes on behind it", (libc) => {
  between(libc, "127.0.0.1", {}, (sender, receiver) => {
    const good = outbox(libc, receiver, numbered(libc, 64), 64, 0, 3);
    const wrong = new Vectors(libc, 1);
    wrong.set(0, new Block(libc, 65_536).address, SUPER_MAX_BYTES + 1);
    good.messages.setVectors(1, wrong.addressOf(0), 1);
    assert.equal(sender.send(good.messages, 0, 3), 1);
    assert.equal(sender.send(good.messages, 1, 2), -ERRNO.EMSGSIZE);
    assert.equal(sender.send(good.messages, 2, 1), 1);
  });
});

test("what overflows a socket is counted by the kernel and read from it", (libc) => {
  const receiver = new LinuxUdpSocket(libc, { host: "127.0.0.1", port: 0 }, { receiveBytes: 4096 });
  const sender = new LinuxUdpSocket(libc, { host: "127.0.0.1", port: 0 });
  const { messages } = outbox(libc, receiver, new Block(libc, 1328), 1328, 0, 100);
  assert.equal(sender.send(messages, 0, 100), 100);
  const inbox = new Inbox(libc, 100);
  const came = receiver.receive(inbox.messages, 0, 100);
  assert.ok(came > 0 && came < 100, `${came} came`);
  assert.equal(receiver.drops(), 100 - came);
  receiver.close();
  sender.close();
});

test("buffers are as large as the system allows, and say so", (libc) => {
  const small = new LinuxUdpSocket(libc, { host: "127.0.0.1", port: 0 }, { receiveBytes: 10_000 });
  const large = new LinuxUdpSocket(libc, { host: "127.0.0.1", port: 0 }, {
    receiveBytes: 100_000,
    sendBytes: 100_000,
  });
  // The kernel doubles what is asked.
  assert.equal(small.receiveBytes, 20_000);
  assert.equal(large.receiveBytes, 200_000);
  assert.equal(large.sendBytes, 200_000);
  small.close();
  large.close();
});

test("a poller tells which sockets are readable, and a doorbell wakes it", (libc) => {
  const poller = new Poller(libc);
  const sockets = Array.from(
    { length: 100 },
    () => new LinuxUdpSocket(libc, { host: "127.0.0.1", port: 0 }),
  );
  sockets.forEach(({ handle }, token) => poller.add(handle, token));
  const bell = new Doorbell(libc);
  poller.add(bell.handle, 1000);
  assert.equal(poller.wait(0), 0);
  const [sender] = sockets;
  const target = sockets[57];
  assert.ok(sender && target);
  sender.send(outbox(libc, target, new Block(libc, 10), 10, 0).messages, 0, 1);
  new Doorbell(libc, bell.handle).ring();
  assert.equal(poller.wait(1000), 2);
  assert.deepEqual([poller.token(0), poller.token(1)].sort((a, b) => a - b), [57, 1000]);
  assert.ok(bell.answer());
  assert.ok(!bell.answer());
  poller.remove(target.handle);
  assert.equal(poller.wait(0), 0);
  bell.close();
  for (const socket of sockets) socket.close();
  poller.close();
});

test("sleeping takes as long as asked, by the kernel's own clock", (libc) => {
  const clock = new KernelClock(libc);
  const before = clock.now();
  clock.sleep(2.5);
  assert.ok(clock.now() - before >= 2.5);
});

Deno.test("addresses are read as they were written", () => {
  const bytes = new Uint8Array(64);
  const cases = [
    "127.0.0.1",
    "255.1.2.3",
    "::",
    "::1",
    "fe80::1%3",
    "2001:db8::8:800:200c:417a",
    "2001:db8:1:2:3:4:5:6",
    "1:0:0:2::3",
    "1::",
  ];
  for (const host of cases) {
    const isV6 = host.includes(":");
    const length = writeSockaddr(bytes, 8, { host, port: 54_321 }, isV6 ? 10 : 2);
    assert.equal(length, isV6 ? 28 : 16, host);
    assert.deepEqual(readSockaddr(bytes, 8), { host, port: 54_321 });
  }
  assert.equal(writeSockaddr(bytes, 0, { host: "10.1.2.3", port: 7 }, 10), 28);
  assert.deepEqual(readSockaddr(bytes, 0), { host: "10.1.2.3", port: 7 });
  assert.equal(writeSockaddr(bytes, 0, { host: "localhost", port: 7 }, 2), 0);
  assert.equal(writeSockaddr(bytes, 0, { host: "::1", port: 7 }, 2), 0);
});

Deno.test("every architecture and C library has its layout and its paths", () => {
  assert.ok(layoutOf("x86_64") && layoutOf("aarch64"));
  assert.equal(layoutOf("riscv64"), undefined);
  assert.equal(libcPaths("aarch64", "gnu")[0], "/lib/aarch64-linux-gnu/libc.so.6");
  assert.equal(libcPaths("x86_64", "musl")[0], "/lib/ld-musl-x86_64.so.1");
  assert.ok(!libcPaths("x86_64", "gnu").some((path) => path.includes("musl")));
});
