import { z } from "zod";
import { duration, size } from "../../core/units.ts";

/** Options of the player. */
export const config = z.strictObject({
  ffplay: z.string().min(1).default("ffplay").describe("The player's program."),
  args: z.array(z.string()).max(100).default([]).describe(
    "Further arguments for ffplay, such as [-fs] or [-an]; they stand before its input.",
  ),
  title: z.string().max(200).default("{stream} ({session})").describe(
    "Title of the window; {stream} and {session} are filled in.",
  ),
  videoDrivers: z.string().max(200).default("x11,wayland,cocoa,windows,KMSDRM").describe(
    "What SDL may show the window with; without this list it plays to nobody where no display is. Empty: SDL's own choice.",
  ),
  onClose: z.enum(["end", "restart"]).default("end").describe(
    "When the user closes the window: `end` the session, or `restart` the player.",
  ),
  queue: size(256 * 1024, 64 * 1024 * 1024).default(4 * 1024 * 1024).describe(
    "Bytes that wait for a player that does not read, at most: 4 MiB are 4 s of 8 Mbit/s. Above, all that waits behind is dropped until half is read.",
  ),
  retry: duration(100, 600_000).default(1000).describe(
    "Wait before the player that died is started again; doubles up to 30 s.",
  ),
});

/** Checked options. */
export type Config = z.output<typeof config>;
