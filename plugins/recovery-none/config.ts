import { z } from "zod";

/** `recovery-none` has no options. */
export const config = z.strictObject({});
