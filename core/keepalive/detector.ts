/** What makes one keepalive differ from another: when silence is suspicious, and how much proof a death needs. */
import type { Link } from "./link.ts";

/** Judges silence. Pure: what it knows is in the link. */
export interface Detector {
  /** When silence since the last packet becomes suspicious. */
  suspectAtMs(link: Link): number;
  /** How many probes have to go unanswered before this suspect is dead; asked once for each suspicion. */
  probes(link: Link): number;
}
