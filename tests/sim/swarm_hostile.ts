/** Peers of the seeded world that do not keep the rules. */
import { listenHostile, type Vice } from "../tools/swarm_liar.ts";
import { INDEX } from "./swarm_kit.ts";
import type { World } from "./world.ts";

/** A hostile peer: announces the file, answers like a seeder, but for its vice. */
export async function startHostile(
  world: World,
  name: string,
  host: string,
  bytes: Uint8Array,
  pieceBytes: number,
  vice: Vice,
): Promise<void> {
  await world.until(listenHostile({
    ports: world.ports(host),
    index: INDEX,
    listen: { host, port: 7400 },
    name,
    bytes,
    fileName: "clip.mp4",
    pieceBytes,
    vice,
  }));
  await world.runFor(100);
}
