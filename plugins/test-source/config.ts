import { z } from "zod";
import { NAME_PATTERN } from "../../core/ids.ts";
import { rate } from "../../core/units.ts";

/** Options of the test picture. */
export const config = z.strictObject({
  name: z.string().regex(NAME_PATTERN, "letters, digits, '.', '_' and '-' expected, 64 at most")
    .default("test").describe("The stream's name."),
  title: z.string().max(120).default("Test picture").describe(
    "For people; drawn into the picture.",
  ),
  width: z.number().int().min(64).max(3840).multipleOf(2).default(640).describe(
    "Pixels across; 640 x 360 costs about a tenth of a core.",
  ),
  height: z.number().int().min(64).max(2160).multipleOf(2).default(360).describe("Pixels down."),
  rate: z.number().int().min(1).max(60).default(25).describe("Pictures a second."),
  bitrate: rate(300_000, 100e6).default(2e6).describe(
    "Constant rate of the whole stream; 2 Mbit/s keep the moving pattern clean at 640 x 360.",
  ),
  tone: z.number().min(20).max(20_000).default(440).describe("Pitch of the tone in hertz."),
  start: z.enum(["always", "demand"]).default("demand").describe(
    "`demand` encodes only while somebody watches.",
  ),
  ffmpeg: z.string().min(1).default("ffmpeg").describe("The program that makes the picture."),
});

/** Checked options. */
export type Config = z.output<typeof config>;
