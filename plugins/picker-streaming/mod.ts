import { definePlugin } from "../../core/define.ts";
import { config } from "./config.ts";
import { next } from "./protocol.ts";

/** Fetches what readers need next in time, and the rarest pieces beyond that. */
export default definePlugin({
  name: "picker-streaming",
  slot: "piecePicker",
  summary: "Fetches a window ahead of each reader by deadlines, and the rarest pieces beyond it.",
  needs: [],
  config,
  create: (_ctx, options) => ({ start() {}, stop() {}, next: (view) => next(view, options) }),
});
