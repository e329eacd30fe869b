/** The one list of built-in plugins. Static imports, so that bundles and compiled files hold them. */
import type { Loadable } from "../core/plugin.ts";
import type { Slot } from "../core/slots.ts";

/** Every built-in. */
export const builtins: readonly Loadable[] = [];

/** Who fills a slot that a plugin needs and the config leaves empty. */
export const defaults: Partial<Record<Slot, string>> = {
  control: "control-udp",
  keepalive: "keepalive",
  membership: "membership-bootstrap",
  discovery: "discovery-nearest",
  tree: "tree-buildtree",
  catalog: "catalog-gossip",
  exchange: "exchange",
  path: "path-single",
  recovery: "recovery-nack",
  datapath: "datapath-deno",
  pop: "pop-selection",
};
