import { z } from "zod";

/** `path-dual` has no options. */
export const config = z.strictObject({});
