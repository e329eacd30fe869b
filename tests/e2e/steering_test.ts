/** A network of real processes is changed while it runs: by the API, by its file, and back into its file. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { ApiError, connect } from "../../client/mod.ts";
import { until } from "../../cli/fleet.ts";
import { withNet } from "./net.ts";
import { playing, STREAM, wholePackets } from "./steering_rig.ts";

async function refused(work: Promise<unknown>, status: number, code: string): Promise<ApiError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    assert.deepEqual([error.problem.status, error.problem.code], [status, code], error.message);
    return error;
  }
  throw new Error(`Not refused: ${code}`);
}

Deno.test("everything is steered while a stream plays, and not a packet is missing", async () => {
  await withNet({}, async (net) => {
    const { o, r, v, recording } = await playing(net);

    // A second tree, other options, and back, on a relay under way.
    assert.deepEqual((await r.swap("tree", { use: "tree-linkstate" })).swapped, ["tree-linkstate"]);
    assert.equal((await r.plugins()).find((one) => one.slot === "tree")?.name, "tree-linkstate");
    assert.deepEqual((await r.remove("tree")).swapped, ["tree-buildtree"]);
    assert.deepEqual((await r.patch("keepalive", { interval: "150ms" })).swapped, ["keepalive"]);
    assert.deepEqual((await r.patch("relay", { maxChildren: 7 })).adjusted, ["relay"]);
    assert.equal((await r.pops())[0]?.maxChildren, 7);

    // A second session with a sink of its own, recorded beside what it plays into.
    assert.deepEqual((await v.add({ use: "stats-sink", id: "stats" })).added, ["stats"]);
    const second = await v.openSession({ stream: STREAM, id: "t", sinks: ["stats"] });
    assert.equal(second.session, "t");
    const { id } = await v.record({ session: "t", folder: net.folder, name: "part.ts" });
    await until(
      "the recording grows",
      async () =>
        (await v.recordings()).some((one) =>
          one.id === id && one.session === "t" && one.bytes > 50_000
        ),
    );
    assert.deepEqual((await v.recordings()).map((one) => one.session).toSorted(), ["s", "t"]);
    assert.deepEqual((await v.stopRecording(id)).removed, [id]);
    assert.ok(wholePackets(`${net.folder}/part.ts`) > 30);
    assert.deepEqual(await v.endSession("t"), { ended: "t" });

    // What fails leaves all as it is, and says why.
    const taken = new URL(net.fleet.get("o").admin).host;
    const failed = await refused(
      o.add({ use: "http-source-of-nothing" }),
      422,
      "config",
    );
    assert.match(failed.problem.issues?.[0]?.message ?? "", /no plugin/);
    await refused(v.add({ use: "./source.ts" }), 403, "foreign-code");
    await refused(v.add({ use: "stats-sink", id: "stats" }), 409, "exists");
    await refused(v.remove("nobody"), 404, "not-found");
    await refused(v.swap("viewer", { use: "stats-sink" }), 422, "wrong-slot");
    await refused(
      r.swap("exchange", { use: "exchange", with: { linger: "9s" } }),
      409,
      "fixed-slot",
    );
    await refused(o.patch("feed", { every: 20 }), 409, "interrupts");
    await refused(o.add({ use: "bootstrap", with: { listen: taken } }), 422, "start-failed");
    await refused(v.endSession("t"), 404, "not-found");
    await refused(v.record({ session: "t" }), 404, "session-not-found");

    await net.session("v", "plays on", (one) => one.packets > 300);
    await v.endSession("s");
    const packets = wholePackets(recording);
    assert.ok(packets > 300, `${packets} packets`);
    const kinds = new Set((await r.eventPage()).events.map((one) => one.kind));
    for (const kind of ["node-started", "neighbor-up", "child-joined", "plugin-swapped"] as const) {
      assert.ok(kinds.has(kind), `no ${kind}: ${[...kinds]}`);
    }
  });
});

Deno.test("a webhook that is added while the node runs is told of what happens, signed", async () => {
  const secret = "correct-horse-battery";
  const got: { kind: string; signed: boolean }[] = [];
  let down = true;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (ask) => {
    const body = await ask.text();
    if (down) return new Response("not now", { status: 503 });
    const timestamp = ask.headers.get("x-espalier-timestamp");
    const expected = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
    const signed = ask.headers.get("x-espalier-signature") === `sha256=${expected}`;
    got.push({ kind: JSON.parse(body).kind, signed });
    return new Response();
  });
  try {
    await withNet({}, async (net) => {
      net.bootstrap();
      net.relay("r");
      await net.ready();
      const r = connect(net.fleet.get("r").admin);
      const url = `http://127.0.0.1:${server.addr.port}/in`;
      const events = ["log-level", "node-draining"];
      await r.add({ use: "webhook", with: { url, secret, events, backoff: "100ms" } });
      await r.setLogLevel("info");
      await until(
        "it is tried in vain",
        async () => /outcome="retried"\} [1-9]/.test(await r.metrics()),
      );
      down = false;
      await until("it is told", () => got.length === 1);
      await net.fleet.get("r").stop();
      assert.deepEqual(got, [
        { kind: "log-level", signed: true },
        { kind: "node-draining", signed: true },
      ]);
    });
  } finally {
    await server.shutdown();
  }
});

Deno.test("events are followed over a break, and a typed client gets each once", async () => {
  await withNet({}, async (net) => {
    net.bootstrap();
    net.relay("r");
    await net.ready();
    const r = connect(net.fleet.get("r").admin);
    const stop = new AbortController();
    const heard: string[] = [];
    const following = (async () => {
      for await (const event of r.events({ since: 0, signal: stop.signal })) {
        if (event.kind === "log-level") heard.push(String(event.fields.level));
      }
    })();
    await r.setLogLevel("warn");
    await r.setLogLevel("info");
    await until("both are heard", () => heard.length === 2);
    await net.fleet.get("r").stop();
    net.restart("r");
    await net.ready();
    await r.setLogLevel("error");
    await until("the next life is heard", () => heard.length === 3);
    assert.deepEqual(heard, ["warn", "info", "error"]);
    stop.abort();
    await following;
  });
});

/** What every file of a test names when the environment asks for a datapath: it cannot change at run time. */
const DATAPATH = Deno.env.get("ESPALIER_DATAPATH");

const FILE = (bootstrap: number, admin: string, more = "") =>
  `# A relay of the test.
name: r
listen: 127.0.0.1
ports: { control: 0, keepalive: 0, media: 0 }
bootstrap: 127.0.0.1:${bootstrap} # the first node
admin: { listen: "${admin}" }
log: { level: debug, format: json }
plugins:
  - use: relay
    with: { pop: true } # viewers may come
${more}${DATAPATH === undefined ? "" : `  - use: datapath-${DATAPATH}\n`}`;

Deno.test("a file is reloaded by its difference, and saved with its comments", async () => {
  await withNet({}, async (net) => {
    net.bootstrap();
    net.relay("r");
    await net.ready();
    const node = net.fleet.get("r");
    const r = connect(node.admin);
    const [file, host] = [net.files.get("r") ?? "", new URL(node.admin).host];
    const write = (more: string, from = FILE(net.bootstrapPort, host, more)) =>
      Deno.writeTextFileSync(file, from);
    const running = async () =>
      (await r.plugins()).filter((one) => one.configured && one.slot !== "datapath")
        .map((one) => one.id).toSorted();

    // The file of the start is JSON of the same network; what differs is the option and the chaos.
    write("  - use: chaos # off so far\n");
    assert.deepEqual(await r.reload(), {
      added: ["chaos"],
      removed: [],
      swapped: [],
      adjusted: ["relay"],
      unsaved: false,
    });

    // A wrong file changes nothing and says why and where.
    const before = await running();
    write("  - use: chaoss\n");
    const wrong = await refused(r.reload(), 422, "config");
    assert.match(wrong.message, /r\.yaml:11:\d+: plugins\.1\.use: no plugin "chaoss" .*"chaos"/);
    write("", "plugins: [");
    await refused(r.reload(), 422, "config");
    write("", FILE(net.bootstrapPort, host).replace("name: r", "name: r2"));
    assert.match((await refused(r.reload(), 422, "config")).message, /name: cannot change/);
    Deno.removeSync(file);
    await refused(r.reload(), 400, "unreadable");
    assert.deepEqual(await running(), before);

    // SIGHUP does the same as the request.
    write("  - use: tree-linkstate\n");
    Deno.kill(node.pid, "SIGHUP");
    await until("the signal is followed", async () => (await running()).includes("tree-linkstate"));
    assert.deepEqual(await running(), ["relay", "tree-linkstate"]);

    // Saving keeps comments and order; what was set at run time is among it.
    assert.deepEqual(await r.save(), { file, changed: false });
    await r.patch("relay", { maxChildren: 5 });
    await r.add({ use: "chaos" });
    const rule = JSON.stringify({ id: "lossy", loss: "5%" });
    const headers = { "content-type": "application/json" };
    const put = await fetch(`${node.admin}/api/v1/chaos`, { method: "PUT", body: rule, headers });
    await put.body?.cancel();
    assert.equal(put.status, 200);
    assert.equal((await r.config()).unsaved, true);
    assert.deepEqual(await r.save(), { file, changed: true });
    assert.equal((await r.config()).unsaved, false);
    const saved = Deno.readTextFileSync(file);
    assert.match(saved, /^# A relay of the test\./);
    assert.match(saved, /# the first node/);
    assert.match(saved, /maxChildren: 5.*# viewers may come/);
    assert.match(saved, /use: chaos/);
    assert.match(saved, /id: lossy/);
    assert.deepEqual(await r.reload(), {
      added: [],
      removed: [],
      swapped: [],
      adjusted: [],
      unsaved: false,
    });

    // Whoever changed the file meanwhile is not overwritten, and what they wrote stays when forced.
    Deno.writeTextFileSync(file, saved.replace("# the first node", "# changed by hand"));
    await r.patch("relay", { maxChildren: 6 });
    await refused(r.save(), 409, "changed-on-disk");
    await r.save({ force: true });
    const forced = Deno.readTextFileSync(file);
    assert.match(forced, /# changed by hand/);
    assert.match(forced, /maxChildren: 6/);
    assert.deepEqual(
      [...Deno.readDirSync(net.folder)].filter((one) => /\.new$/.test(one.name)),
      [],
    );
  });
});

Deno.test("chaos that is added while a stream plays reaches its media, and costs nothing by itself", async () => {
  await withNet({}, async (net) => {
    const { r, recording } = await playing(net);
    const packets = async () => (await net.sessions("v"))[0]?.packets ?? 0;
    assert.deepEqual((await r.add({ use: "chaos" })).added, ["chaos"]);
    const before = await packets();
    await until("it plays on", async () => await packets() > before + 100);
    assert.ok(wholePackets(recording) > 100);
    const headers = { "content-type": "application/json" };
    const { admin } = net.fleet.get("r");
    const put = async (rule: object) => {
      const body = JSON.stringify({ id: "cut", direction: "out", planes: ["media"], ...rule });
      const response = await fetch(`${admin}/api/v1/chaos`, { method: "PUT", body, headers });
      await response.body?.cancel();
      assert.equal(response.status, 200);
    };
    await put({ down: true });
    await until("nothing comes any more", async () => {
      const now = await packets();
      await new Promise((resolve) => setTimeout(resolve, 700));
      return await packets() === now;
    });
    await put({ down: false });
    const cut = await packets();
    await until("it comes again", async () => await packets() > cut + 100);
  });
});
