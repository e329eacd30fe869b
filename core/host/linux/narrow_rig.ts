/**
 * For tests, run in a network namespace of its own: sends datagrams over a link whose packets are smaller, and prints what each
 * call gave and how many datagrams the system has fragmented.
 */
import { SOCKADDR } from "./layout.ts";
import { openLibc } from "./libc.ts";
import { Block } from "./memory.ts";
import { Messages, Vectors } from "./messages.ts";
import { LinuxUdpSocket } from "./socket.ts";
import { writeSockaddr } from "./sockaddr.ts";

const OWN = "10.9.9.1";
const OTHER = "10.9.9.2";
const MTU = 1280;

async function ip(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args }).output();
  if (!success) throw new Error(`ip ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** Datagrams that this namespace has cut into fragments. */
function fragmented(): number {
  const [names = "", figures = ""] = Deno.readTextFileSync("/proc/net/snmp").split("\n");
  return Number(figures.split(" ")[names.split(" ").indexOf("FragOKs")]);
}

await ip("link", "add", "near", "type", "veth", "peer", "name", "far");
for (const name of ["near", "far"]) await ip("link", "set", name, "up", "mtu", `${MTU}`);
await ip("address", "add", `${OWN}/24`, "dev", "near");
await ip("neighbor", "add", OTHER, "lladdr", "02:00:00:00:00:02", "dev", "near");

const found = openLibc();
if ("missing" in found) throw new Error(found.missing);
const { libc } = found;
const socket = new LinuxUdpSocket(libc, { host: OWN, port: 0 });
const name = new Block(libc, SOCKADDR.size);
const length = writeSockaddr(name.bytes, 0, { host: OTHER, port: 4000 }, socket.family);
const payload = new Block(libc, 2048);
const vectors = new Vectors(libc, 1);
const messages = new Messages(libc, 1);
messages.setName(0, name.address, length);
messages.setVectors(0, vectors.addressOf(0), 1);

function send(bytes: number): [number, number] {
  vectors.set(0, payload.address, bytes);
  return [socket.send(messages, 0, 1), fragmented()];
}

console.log(JSON.stringify([send(1000), send(1328), send(1000), send(1328)]));
messages.keep(name, payload, vectors);
socket.close();
