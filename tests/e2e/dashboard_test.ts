/** The dashboard in a real browser: over real nodes, and over sixty simulated ones. Screenshots are in `out/dashboard`. */
import assert from "node:assert/strict";
import { until } from "../../cli/fleet.ts";
import type { NetworkView } from "../../core/observe.ts";
import { sixty } from "../network/sixty.ts";
import { CLIP } from "./clips.ts";
import {
  axe,
  browser,
  judge,
  open,
  overlaps,
  serveAnswers,
  shot,
  shown,
  type Window,
} from "./dashboard_rig.ts";
import { needing, type TestNet, withNet } from "./net.ts";

const NEIGHBORS = {
  o1: ["r1", "r2"],
  r1: ["r2", "r3", "r4"],
  r2: ["r3", "r4"],
  v1: ["r3", "r4"],
  v2: ["r3", "r4"],
};
const NODES = ["o1", "r1", "r2", "r3", "r4", "v1", "v2"];
const STREAM = "o1/garden";

/** Seven nodes and a bootstrapper, as in the demo. */
async function demo(net: TestNet): Promise<void> {
  await net.bootstrap().ready(60_000);
  const folder = CLIP.slice(0, CLIP.lastIndexOf("/"));
  net.origin("o1", [{ use: "cbr-source", with: { folder } }]);
  for (const name of ["r1", "r2"]) net.relay(name);
  // Whichever POP the viewers choose, the one that is looked at has the stream.
  net.pop("r3", { hold: [STREAM] });
  net.pop("r4");
  for (const name of ["v1", "v2"]) net.viewer(name, [{ stream: STREAM }], [{ use: "stats-sink" }]);
  // Eight processes and a browser on two cores: a busy machine takes its time.
  await Promise.all(NODES.map((name) => net.fleet.get(name).ready(60_000)));
  for (const name of ["v1", "v2"]) {
    await net.session(name, "receives", (one) => one.packets > 50, 60_000);
  }
}

/** Waits until the picture shows the tree as the nodes themselves have it. */
async function settled(net: TestNet, { page }: Window, dead: readonly string[]): Promise<void> {
  await until("the picture shows the tree as it is", async () => {
    const bold = await page.$$eval(
      ".picture .line.tree title",
      (titles) => titles.map((title) => title.textContent?.split(":")[0] ?? ""),
    );
    for (const name of NODES.filter((one) => one !== "o1" && !dead.includes(one))) {
      const parent = await net.parentOf(name, STREAM);
      if (parent !== undefined && !bold.includes(`${parent} to ${name}`)) return false;
    }
    return (await shown(page, "silent")).join() === dead.join();
  }, 15_000);
}

Deno.test({
  ...needing(
    ["chromium", "ffmpeg"],
    "a dashboard of seven real nodes, before and after a relay is killed",
  ),
  fn: async () => {
    await using one = await browser();
    await withNet({ neighbors: NEIGHBORS }, async (net) => {
      await demo(net);
      const url = `${net.fleet.get("r3").admin}/`;
      const window = await open(one, url);
      const { page } = window;
      await page.waitForSelector(".picture .mark");
      await until("all are shown", async () => (await shown(page)).join() === NODES.join());
      await settled(net, window, []);
      await page.getByRole("radio", { name: STREAM }).check({ force: true });
      await shot(page, "network-light");
      await judge(window, "the network");

      const dark = await open(one, url, { dark: true });
      await dark.page.waitForSelector(".picture .labels text");
      await shot(dark.page, "network-dark");
      await judge(dark, "in the dark");
      const phone = await open(one, url, { width: 390, height: 844 });
      await phone.page.waitForSelector(".picture .mark");
      await shot(phone.page, "network-phone");
      await judge(phone, "on a phone");
      const wide = await phone.page.evaluate("document.documentElement.scrollWidth");
      assert.ok(Number(wide) <= 390, `the page is ${wide} wide on a phone`);

      await pages(window);
      // A page tells what its own node does, and viewers may have left the POP that they began at.
      const pop = await net.parentOf("v1", STREAM);
      assert.ok(pop, "the viewer hangs on a POP");
      await page.goto(`${net.fleet.get(pop).admin}/#/`);
      await page.waitForSelector(".picture .mark");
      await page.getByRole("radio", { name: STREAM }).check({ force: true });
      const relay = await net.parentOf(pop, STREAM);
      assert.ok(relay, "the POP hangs on a relay");
      net.fleet.get(relay).signal("SIGKILL");
      // The list is short: what is told now may have been pushed out when everything has settled.
      await Promise.all([
        page.getByText("failed over").first().waitFor(),
        settled(net, window, [relay]),
      ]);
      await shot(page, "network-relay-killed");
      await judge(window, "after the kill");
    });
  },
});

/** Every other page of the dashboard shows what it is for. */
async function pages(window: Window): Promise<void> {
  const { page } = window;
  await page.getByRole("link", { name: "Streams", exact: true }).click();
  await page.locator(".budget").first().waitFor();
  await page.locator("img.thumbnail").waitFor({ timeout: 20_000 });
  const drawn = await page.evaluate("document.querySelector('img.thumbnail').naturalWidth");
  assert.equal(drawn, 320);
  await page.locator("summary").first().click();
  await shot(page, "streams");
  assert.deepEqual(await axe(page), []);
  await page.goto(page.url().replace(/#.*/, "#/node/v1"));
  await page.locator(".plot canvas").first().waitFor({ timeout: 20_000 });
  await shot(page, "node-v1");
  assert.deepEqual(await axe(page), []);
  await page.getByRole("link", { name: "This node" }).click();
  await page.getByRole("button", { name: "Drain" }).click();
  await page.getByRole("button", { name: "Leave it" }).click();
  await shot(page, "node-own");
  assert.deepEqual(await axe(page), []);
  await page.getByRole("link", { name: "Plugins" }).click();
  await page.getByText("tree-buildtree").first().waitFor();
  await shot(page, "plugins");
  assert.deepEqual(await axe(page), []);
  await page.getByRole("link", { name: "Events" }).click();
  await page.locator(".events li").first().waitFor();
  await shot(page, "events");
  assert.deepEqual(await axe(page), []);
}

Deno.test({
  ...needing(
    ["chromium"],
    "a picture of sixty simulated nodes: nothing overlaps, before and after a relay dies",
  ),
  fn: async () => {
    const net = await sixty(1);
    const look = async (): Promise<NetworkView> => {
      const observer = net.kernel("r5").peek("observer");
      assert.ok(observer);
      return await net.world.until(observer.network());
    };
    await look();
    await net.world.runFor(4000);
    let view = await look();
    await using served = await serveAnswers({ "/network": () => view });
    await using one = await browser();
    const windows = [
      ["sixty-light", {}],
      ["sixty-dark", { dark: true }],
      ["sixty-phone", { width: 390, height: 844 }],
    ] as const;
    for (const [name, options] of windows) {
      const window = await open(one, served.url, options);
      await window.page.waitForSelector(".picture .mark");
      assert.equal((await shown(window.page)).length, 60);
      await shot(window.page, name);
      await judge(window, name);
      await window.page.close();
    }
    const victim = [...net.parents("o/s").values()].flat().find((name) => name.startsWith("r"));
    assert.ok(victim);
    net.crash(victim);
    for (let second = 0; second < 5; second++) {
      await net.world.runFor(1000);
      view = await look();
    }
    const window = await open(one, served.url);
    await window.page.waitForSelector(".picture .mark.silent");
    assert.deepEqual(await shown(window.page, "silent"), [victim]);
    const fed = await window.page.$$eval(
      ".picture .line.tree title",
      (titles) => titles.map((title) => title.textContent ?? ""),
    );
    assert.deepEqual(fed.filter((line) => line.startsWith(`${victim} to`)), []);
    await shot(window.page, "sixty-relay-killed");
    await judge(window, "after the death");
    assert.deepEqual(await overlaps(window.page), []);
  },
});

Deno.test({
  ...needing(
    ["chromium"],
    "where the endpoint demands a token the page asks for it, and keeps it for its tab",
  ),
  fn: async () => {
    const token = "a-token-of-more-than-16";
    const node = { name: "r9", roles: ["relay"], pop: false, version: "1" };
    await using served = await serveAnswers({ "/roles": () => [] }, { token, node });
    await using one = await browser();
    const { page, complaints } = await open(one, served.url);
    const field = page.getByLabel("Token");
    await field.fill("a-wrong-one");
    assert.deepEqual(complaints, []);
    assert.deepEqual(await axe(page), []);
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("right bearer token").waitFor();
    await field.fill(token);
    await page.getByRole("button", { name: "Open" }).click();
    await page.waitForSelector(".picture .mark");
    assert.deepEqual(await shown(page), ["r9"]);
    await page.reload();
    await page.waitForSelector(".picture .mark");
    assert.ok(!(await page.content()).includes(token));
    const other = await open(one, served.url);
    await other.page.getByLabel("Token").waitFor();
  },
});
