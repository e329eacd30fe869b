import { z } from "zod";

/** Options of the picker: there are none. */
export const config = z.strictObject({});
