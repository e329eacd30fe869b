import { z } from "zod";

/** `path-single` has no options. */
export const config = z.strictObject({});
