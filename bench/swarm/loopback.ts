/**
 * One peer to one peer without limits on loopback, beside plain curl from nginx of the same file.
 * `deno run -A bench/swarm/loopback.ts [bytes]`
 */
import { freePort, Rig, usage } from "./rig.ts";

/** Writes a file of random bytes. */
async function makeFile(path: string, bytes: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const block = new Uint8Array(1024 * 1024);
  for (let at = 0; at < bytes; at += block.length) {
    for (let i = 0; i < block.length; i += 65_536) {
      crypto.getRandomValues(block.subarray(i, i + 65_536));
    }
    await file.write(block.subarray(0, Math.min(block.length, bytes - at)));
  }
}

/** Seconds that curl takes for the file from nginx, written to disk. */
async function curl(folder: string, file: string): Promise<number> {
  const port = freePort();
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/ng-${name};`).join(" ");
  const config =
    `user root; worker_processes 1; pid ${folder}/nginx.pid; daemon off; error_log stderr;
events {} http { access_log off; sendfile on; ${paths}
server { listen 127.0.0.1:${port}; root ${folder}/seed-share; } }`;
  await Deno.writeTextFile(`${folder}/nginx.conf`, config);
  const nginx = new Deno.Command("nginx", { args: ["-c", `${folder}/nginx.conf`], stderr: "null" })
    .spawn();
  await new Promise((done) => setTimeout(done, 500));
  const args = ["-s", "-o", `${folder}/curl.bin`, "-w", "%{time_total}"];
  const out = await new Deno.Command("curl", {
    args: [...args, `http://127.0.0.1:${port}/${file}`],
  })
    .output();
  nginx.kill("SIGTERM");
  await nginx.status;
  await Deno.remove(`${folder}/curl.bin`);
  return Number(new TextDecoder().decode(out.stdout));
}

const bytes = Number(Deno.args[0] ?? 2e9);
await using rig = new Rig();
await makeFile(`${rig.share("seed")}/f.bin`, bytes);
const plain = [await curl(rig.folder, "f.bin"), await curl(rig.folder, "f.bin")];
await rig.index();
const seed = rig.peer("seed", { folders: [rig.share("seed")] });
await rig.sharing("seed");
for (let round = 1; round <= 2; round++) {
  const name = `leech${round}`;
  const leech = rig.peer(name, { get: ["f.bin"] });
  const seconds = (await rig.completed(name, 300_000)) / 1000;
  console.log(JSON.stringify({
    bytes,
    seconds,
    mbPerSecond: Math.round(bytes / seconds / 1e6),
    curlSeconds: plain,
    curlMbPerSecond: plain.map((one) => Math.round(bytes / one / 1e6)),
    shareOfCurl: Number((Math.min(...plain) / seconds).toFixed(2)),
    seed: usage(seed.pid),
    leech: usage(leech.pid),
  }));
  await leech.stop();
  await Deno.remove(`${rig.folder}/${name}`, { recursive: true });
}
