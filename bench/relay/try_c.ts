import { Load } from "./load/load.ts";
import { contenders } from "./contenders.ts";
const load = new Load();
const N = Number(Deno.args[0] ?? 16),
  S = Number(Deno.args[1] ?? 1),
  rate = Number(Deno.args[2] ?? 5000),
  seg = Number(Deno.args[3] ?? 1),
  mode = Number(Deno.args[4] ?? 1);
let net = 0;
for (const c of contenders(new Set(["datapath-deno"]))) {
  if (Deno.args[5] && !c.name.includes(Deno.args[5])) continue;
  const missing = await c.missing(N, S);
  if (missing) {
    console.log(c.name, missing);
    continue;
  }
  const k = ++net;
  await using running = await c.start(load, k, N, S);
  const r = await load.run({
    net: k,
    children: N,
    mode,
    rate,
    seconds: 2,
    segments: seg,
    ...running.input(),
    sample: () => running.cpu(),
  });
  running.advance(r.next);
  console.log(
    c.name,
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
  );
}
await load[Symbol.asyncDispose]();
