import { z } from "zod";
import { STREAM_PATTERN } from "../../core/ids.ts";
import { servingConfig } from "../../core/serving_config.ts";

/** Options of the relay. */
export const config = z.strictObject({
  ...servingConfig,
  hold: z.array(z.string().regex(STREAM_PATTERN, "a stream name such as o1/clip expected")).max(
    256,
  )
    .default([]).describe("Streams fetched even while nobody watches, for an instant start."),
});
