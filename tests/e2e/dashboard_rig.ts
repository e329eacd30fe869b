/** A browser on dashboards: pages, what they must not do, and how their pictures are judged. */
import assert from "node:assert/strict";
import axeCore from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { createAdmin } from "../../core/host/admin.ts";
import { createMetrics } from "../../core/host/metrics.ts";
import { EventHub } from "../../core/events.ts";
import { memoryLog } from "../../core/host/testing.ts";
import type { AdminRoute } from "../../core/plugin.ts";

/** Debian's place for it. */
const CHROMIUM = "/usr/bin/chromium";
/** Where screenshots go, to be looked at. */
const SHOTS = new URL("../../out/dashboard/", import.meta.url);

/** A headless browser. */
export async function browser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A window on a dashboard that keeps what its console says. */
export interface Window {
  readonly page: Page;
  readonly complaints: string[];
}

/** Opens a window. Motion is reduced unless asked for, so that a picture holds still when it is taken. */
export async function open(
  one: Browser,
  url: string,
  options: { width?: number; height?: number; dark?: boolean } = {},
): Promise<Window> {
  const { width = 1280, height = 860, dark = false } = options;
  const context = await one.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, complaints };
}

/** Takes a picture of the whole page. */
export async function shot(page: Page, name: string): Promise<void> {
  await Deno.mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: new URL(`${name}.png`, SHOTS).pathname, fullPage: true });
}

/** What axe finds that is serious or worse. The page's policy stays as it is: axe runs beside it. */
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(axeCore.source);
  return await page.evaluate(async () => {
    // deno-lint-ignore no-explicit-any -- axe puts itself into the page's global scope
    const found = await (globalThis as any).axe.run({ resultTypes: ["violations"] });
    return found.violations
      .filter((one: { impact: string }) => ["serious", "critical"].includes(one.impact))
      .map((one: { id: string; help: string; nodes: { html: string }[] }) =>
        `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map(({ html }) => html).join(" | ")}`
      );
  });
}

/** Pairs of texts in the picture that cover each other, as they are really drawn. */
export async function overlaps(page: Page): Promise<string[]> {
  const drawn = ".picture .name, .picture .labels text, .picture .mark .box";
  return await page.$$eval(drawn, (elements) => {
    const boxes = elements.map((element) => ({
      text: element.textContent || `box of ${element.closest("a")?.getAttribute("data-node")}`,
      box: element.getBoundingClientRect(),
    }));
    const found: string[] = [];
    boxes.forEach((a, at) => {
      for (const b of boxes.slice(at + 1)) {
        const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        // A name lies within its own box.
        const own = wide >= Math.min(a.box.width, b.box.width) - 1 && a.text !== b.text &&
          (a.text?.startsWith("box") !== b.text?.startsWith("box"));
        if (wide > 1 && high > 2 && !own) found.push(`${a.text} and ${b.text}`);
      }
    });
    return found;
  });
}

/** Names of the nodes that the picture shows, in some state. */
export async function shown(page: Page, state = ""): Promise<string[]> {
  const selector = `.picture .mark${state === "" ? "" : `.${state}`}`;
  return await page.$$eval(
    selector,
    (marks) => marks.map((mark) => mark.getAttribute("data-node") ?? "").sort(),
  );
}

/** The page on an admin endpoint of its own, with these answers. */
export async function serveAnswers(
  answers: Readonly<Record<string, () => unknown>>,
  options: { readonly token?: string; readonly node?: object } = {},
): Promise<AsyncDisposable & { readonly url: string }> {
  const metrics = createMetrics();
  const routes = Object.entries(answers).map(([path, handle]): AdminRoute => ({
    method: "get",
    path,
    summary: "An answer of a simulated node.",
    handle,
  }));
  const none = () => [];
  const admin = createAdmin({
    listen: { host: "127.0.0.1", port: 0 },
    ...(options.token === undefined ? {} : { token: options.token }),
    metrics,
    events: new EventHub({ now: () => performance.now(), wall: () => Date.now() }, metrics),
    log: memoryLog(),
    node: {
      ...{
        node: () => options.node ?? {},
        neighbors: none,
        tree: () => ({}),
        streams: none,
        pops: none,
      },
      ...{ sessions: none, plugins: none, config: () => ({}), notReady: none, drain: () => {} },
      routes: () => routes,
    },
  });
  const { host, port } = await admin.start();
  return {
    url: `http://${host}:${port}/`,
    [Symbol.asyncDispose]: () => admin.stop(),
  };
}

/** Everything that must hold of any page that is open. */
export async function judge({ page, complaints }: Window, what: string): Promise<void> {
  assert.deepEqual(await overlaps(page), [], `${what}: what covers what`);
  assert.deepEqual(await axe(page), [], `${what}: axe`);
  assert.deepEqual(complaints, [], `${what}: the console`);
}
