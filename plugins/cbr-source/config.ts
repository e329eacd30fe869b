import { z } from "zod";
import { NAME_PATTERN } from "../../core/ids.ts";
import { duration, rate } from "../../core/units.ts";

const start = z.enum(["always", "demand"]);
const bitrate = rate(10_000, 10e9);

const file = z.strictObject({
  path: z.string().min(1).describe("The file."),
  name: z.string().regex(NAME_PATTERN, "letters, digits, '.', '_' and '-' expected, 64 at most")
    .optional().describe("The stream's name; made from the file's name when left out."),
  title: z.string().max(120).optional().describe("For people; the file's name when left out."),
  loop: z.boolean().optional().describe("As `loop` below, for this file."),
  bitrate: bitrate.optional().describe("As `bitrate` below, for this file."),
  start: start.optional().describe("As `start` below, for this file."),
  restamp: z.boolean().optional().describe("As `restamp` below, for this file."),
});

/** Options of the file source. */
export const config = z.strictObject({
  folder: z.string().min(1).optional().describe(
    "Every media file in this folder is a stream; links that lead out of it are not followed.",
  ),
  files: z.array(file).max(1000).default([]).describe("Single files, each a stream."),
  loop: z.boolean().default(true).describe(
    "Begins anew at the end, for ever; else the stream ends.",
  ),
  bitrate: bitrate.optional().describe(
    "Fills up to this constant bit rate with null packets; packets are left alone when left out.",
  ),
  start: start.optional().describe(
    "`always` runs from the start, `demand` begins with the first viewer; `demand` without loop, else `always`.",
  ),
  restamp: z.boolean().default(true).describe(
    "From the second pass on, clocks and counters continue those of the pass before; false repeats the bytes as they are.",
  ),
  rescan: duration(1000).default(10_000).describe(
    "How often the folder is looked at for new and removed files; a person hardly waits longer.",
  ),
  ffmpeg: z.string().min(1).default("ffmpeg").describe(
    "The program that remuxes containers other than MPEG-TS.",
  ),
});

/** Checked options. */
export type Config = z.output<typeof config>;
