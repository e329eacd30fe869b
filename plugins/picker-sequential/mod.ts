import { definePlugin } from "../../core/define.ts";
import { config } from "./config.ts";
import { next } from "./protocol.ts";

/** Fetches pieces in order. */
export default definePlugin({
  name: "picker-sequential",
  slot: "piecePicker",
  summary: "Fetches the pieces of a file in order.",
  needs: [],
  config,
  create: () => ({ start() {}, stop() {}, next }),
});
