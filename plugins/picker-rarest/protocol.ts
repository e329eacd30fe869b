/** The whole rule is shared with pickers that fall back to it. */
export { rarest as next } from "../../core/swarm/rarest.ts";
