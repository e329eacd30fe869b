import { Load } from "./load/load.ts";
import { RelayNetwork } from "./rig/network.ts";
const load = new Load();
const N = Number(Deno.args[0] ?? 16),
  S = Number(Deno.args[1] ?? 1),
  rate = Number(Deno.args[2] ?? 5000);
const net = new RelayNetwork({
  net: 1,
  relays: ["r"],
  parents: Array.from({ length: N }, () => "r"),
  streams: S,
  datapath: Deno.args[3] ?? "datapath-deno",
}, load);
const t0 = performance.now();
await net.start();
console.log("joined in", performance.now() - t0);
const cpu = () => {
  const stat = Deno.readTextFileSync(`/proc/${net.pid("r")}/stat`);
  const f = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(f[11]) + Number(f[12])) / 100;
};
for (let i = 0; i < 3; i++) {
  const r = await load.run({
    net: 1,
    children: N,
    mode: 1,
    rate,
    seconds: 2,
    segments: 1,
    ...net.input(),
    sample: cpu,
  });
  net.advance(r.next);
  console.log(
    r.rate | 0,
    r.received,
    r.expected,
    r.lossShare,
    "fewest",
    r.fewest,
    r.percentile(.5),
    r.percentile(.99),
    r.percentile(.999),
    [...load.shared.totals.slice(0, 5)],
    "cpu/M",
    r.window.sample / r.window.packets * 1e6,
    "util",
    r.window.sample / r.window.seconds,
    "nacks",
    net.origin.asked,
    net.children.refused,
    net.children.failed,
  );
}
await net[Symbol.asyncDispose]();
await load[Symbol.asyncDispose]();
