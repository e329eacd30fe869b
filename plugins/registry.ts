/** The one list of built-in plugins. Static imports, so that bundles and compiled files hold them. */
import type { Loadable } from "../core/plugin.ts";
import type { Slot } from "../core/slots.ts";
import bootstrap from "./bootstrap/mod.ts";
import catalogGossip from "./catalog-gossip/mod.ts";
import cbrSource from "./cbr-source/mod.ts";
import chaos from "./chaos/mod.ts";
import chokerFair from "./choker-fair/mod.ts";
import chokerTitForTat from "./choker-tit-for-tat/mod.ts";
import controlUdp from "./control-udp/mod.ts";
import datapathAuto from "./datapath-auto/mod.ts";
import datapathDeno from "./datapath-deno/mod.ts";
import datapathLinux from "./datapath-linux/mod.ts";
import discoveryNearest from "./discovery-nearest/mod.ts";
import discoveryStatic from "./discovery-static/mod.ts";
import exchange from "./exchange/mod.ts";
import ffplaySink from "./ffplay-sink/mod.ts";
import fileSink from "./file-sink/mod.ts";
import httpSink from "./http-sink/mod.ts";
import index from "./index/mod.ts";
import keepalive from "./keepalive/mod.ts";
import keepalivePhi from "./keepalive-phi/mod.ts";
import membershipBootstrap from "./membership-bootstrap/mod.ts";
import observer from "./observer/mod.ts";
import origin from "./origin/mod.ts";
import pathDual from "./path-dual/mod.ts";
import pathSingle from "./path-single/mod.ts";
import peer from "./peer/mod.ts";
import pickerRarest from "./picker-rarest/mod.ts";
import pickerSequential from "./picker-sequential/mod.ts";
import pickerStreaming from "./picker-streaming/mod.ts";
import popLoad from "./pop-load/mod.ts";
import popSelection from "./pop-selection/mod.ts";
import recoveryFec from "./recovery-fec/mod.ts";
import recoveryNack from "./recovery-nack/mod.ts";
import recoveryNone from "./recovery-none/mod.ts";
import relay from "./relay/mod.ts";
import ristSink from "./rist-sink/mod.ts";
import ristSource from "./rist-source/mod.ts";
import statsSink from "./stats-sink/mod.ts";
import swarmSource from "./swarm-source/mod.ts";
import testSource from "./test-source/mod.ts";
import treeBuildtree from "./tree-buildtree/mod.ts";
import treeLinkstate from "./tree-linkstate/mod.ts";
import udpSink from "./udp-sink/mod.ts";
import udpSource from "./udp-source/mod.ts";
import viewer from "./viewer/mod.ts";
import webhook from "./webhook/mod.ts";

/** Every built-in. */
export const builtins: readonly Loadable[] = [
  bootstrap,
  catalogGossip,
  cbrSource,
  chaos,
  chokerFair,
  chokerTitForTat,
  controlUdp,
  datapathAuto,
  datapathDeno,
  datapathLinux,
  discoveryNearest,
  discoveryStatic,
  exchange,
  ffplaySink,
  fileSink,
  httpSink,
  index,
  keepalive,
  keepalivePhi,
  membershipBootstrap,
  observer,
  origin,
  pathDual,
  pathSingle,
  peer,
  pickerRarest,
  pickerSequential,
  pickerStreaming,
  popLoad,
  popSelection,
  recoveryFec,
  recoveryNack,
  recoveryNone,
  relay,
  ristSink,
  ristSource,
  statsSink,
  swarmSource,
  testSource,
  treeBuildtree,
  treeLinkstate,
  udpSink,
  udpSource,
  viewer,
  webhook,
];

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
  datapath: "datapath-auto",
  pop: "pop-selection",
  piecePicker: "picker-streaming",
  choker: "choker-tit-for-tat",
  observer: "observer",
};

/** The sink that records a session when somebody asks for it at run time. */
export const recorder = "file-sink";
