/**
 * One peer to one peer without limits on loopback, beside plain curl from nginx of the same file.
 * Rounds of both alternate, so that a busy disk or neighbour meets both.
 */
import { fill, freePort, Rig, type Usage, usage } from "./rig.ts";

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

/** One peer to one peer beside curl. */
export interface LoopbackResult {
  readonly bytes: number;
  readonly where: "disk" | "memory";
  readonly curlSeconds: readonly number[];
  readonly peerSeconds: readonly number[];
  readonly seeder: Usage;
  readonly peer: Usage;
}

/** Measures rounds of curl and of a fresh peer in turn. */
export async function measureLoopback(bytes: number, rounds: number): Promise<LoopbackResult> {
  const dir = Deno.env.get("SWARM_FOLDER");
  await using rig = new Rig(dir);
  fill(`${rig.share("seed")}/f.bin`, bytes);
  await rig.index();
  const seed = rig.peer("seed", { folders: [rig.share("seed")] });
  await rig.sharing("seed");
  const curlSeconds: number[] = [];
  const peerSeconds: number[] = [];
  let peer: Usage | undefined;
  const before = usage(seed.pid).cpuSeconds;
  for (let round = 1; round <= rounds; round++) {
    curlSeconds.push(await curl(rig.folder, "f.bin"));
    const name = `leech${round}`;
    const leech = rig.peer(name, { get: ["f.bin"] });
    peerSeconds.push((await rig.completed(name, 300_000)) / 1000);
    peer = usage(leech.pid);
    await leech.stop();
    await Deno.remove(`${rig.folder}/${name}`, { recursive: true });
  }
  if (peer === undefined) throw new Error("Cannot measure: no round");
  const { peakMb, cpuSeconds } = usage(seed.pid);
  const seeder = { peakMb, cpuSeconds: (cpuSeconds - before) / rounds };
  return {
    bytes,
    where: dir === undefined ? "disk" : "memory",
    curlSeconds,
    peerSeconds,
    seeder,
    peer,
  };
}
