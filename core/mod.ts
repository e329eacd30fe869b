/** Everything a plugin's author needs, under one name: `import { definePlugin, z } from "espalier"`. */
export { adminRoute, definePlugin } from "./define.ts";
export * from "./plugin.ts";
export * from "./slots.ts";
export * from "./ports.ts";
export * from "./ids.ts";
export * as units from "./units.ts";
export { z } from "zod";
