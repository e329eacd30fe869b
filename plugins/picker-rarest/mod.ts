import { definePlugin } from "../../core/define.ts";
import { config } from "./config.ts";
import { next } from "./protocol.ts";

/** Fetches the rarest pieces first. */
export default definePlugin({
  name: "picker-rarest",
  slot: "piecePicker",
  summary: "Fetches the rarest pieces of a file first, ties by lot.",
  needs: [],
  config,
  create: () => ({ start() {}, stop() {}, next }),
});
