/**
 * A peer that does not keep the rules, as a process: `swarm_liar_main.ts INDEX NAME FILE PIECE_BYTES VICE`. It
 * listens on a port of its own, announces FILE to the index, and lies until it is killed.
 */
import { testPorts } from "../../core/host/testing.ts";
import { parseAddr } from "../../core/units.ts";
import { listenHostile, VICES } from "../tools/swarm_liar.ts";

const [index = "", name = "liar", path = "", pieceBytes = "", said = ""] = Deno.args;
const vice = VICES.find((one) => one === said);
const to = parseAddr(index);
if (vice === undefined || to === undefined) throw new Error(`Cannot lie: ${Deno.args.join(" ")}`);
const listener = await listenHostile({
  ports: testPorts(),
  index: to,
  listen: { host: "127.0.0.1", port: 0 },
  name,
  bytes: Deno.readFileSync(path),
  fileName: path.slice(path.lastIndexOf("/") + 1),
  pieceBytes: Number(pieceBytes),
  vice,
});
console.log(`listens at ${listener.local.port}`);
