/** The suite that every plugin passes, whatever its slot: its life, its config and its page. */
import assert from "node:assert/strict";
import { z } from "zod";
import { ConfigError } from "../../core/plugin.ts";
import { type Fixture, mount, type Mounted, NOTHING_HELD } from "./fixture.ts";

/** How long a plugin is watched for life where there must be none. */
const WATCH_MS = 15_000;

/** What a JSON Schema says of an object's keys. */
interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
  readonly anyOf?: readonly Described[];
  readonly additionalProperties?: Described | boolean;
}

/** Paths of keys without a description. */
function undescribed(schema: Described, path: string): string[] {
  const found: string[] = [];
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    const here = path === "" ? key : `${path}.${key}`;
    if ((value.description ?? "").trim() === "") found.push(here);
    found.push(...undescribed(value, here));
  }
  if (schema.items !== undefined) found.push(...undescribed(schema.items, `${path}[]`));
  for (const one of schema.anyOf ?? []) found.push(...undescribed(one, path));
  if (typeof schema.additionalProperties === "object") {
    found.push(...undescribed(schema.additionalProperties, `${path}.*`));
  }
  return found;
}

function optionsOf({ plugin }: Fixture): Described {
  // The schema's own output, read only for keys and descriptions.
  return z.toJSONSchema(plugin.config, { io: "input", unrepresentable: "any" }) as Described;
}

/** Watches a plugin that must be dead: no packet, no timer, no socket, nothing held of others. */
async function assertSilent(mounted: Mounted, when: string): Promise<void> {
  const { world, host } = mounted;
  const sentBefore = world.packetsSentBy(host);
  const openingsBefore = mounted.openings();
  const toldBefore = mounted.others.control.sent.length;
  assert.deepEqual(mounted.holdings(), NOTHING_HELD, `holds something ${when}`);
  await world.runFor(WATCH_MS);
  assert.equal(world.packetsSentBy(host), sentBefore, `sends packets ${when}`);
  assert.equal(mounted.openings(), openingsBefore, `opens sockets ${when}`);
  assert.equal(mounted.others.control.sent.length, toldBefore, `sends messages ${when}`);
  assert.deepEqual(mounted.holdings(), NOTHING_HELD, `holds something ${when}, later`);
}

/** Registers the life suite for one plugin. */
export function lifeSuite(fixture: Fixture): void {
  const { plugin } = fixture;
  const test = (name: string, fn: () => void | Promise<void>) =>
    Deno.test(`${plugin.name}: ${name}`, fn);

  test("create touches nothing, and nothing happens before start", async () => {
    const mounted = mount(fixture);
    mounted.create();
    await assertSilent(mounted, "before start");
  });

  test("stop without start does nothing", async () => {
    const mounted = mount(fixture);
    const one = mounted.create();
    await one.stop();
    await one.stop();
    await assertSilent(mounted, "after a stop without start");
  });

  test("is silent after stop, which may come twice", async () => {
    const mounted = mount(fixture);
    const one = mounted.create();
    await one.start();
    await mounted.world.runFor(5_000);
    await one.stop();
    await one.stop();
    await assertSilent(mounted, "after stop");
  });

  test("is silent after a stop that follows start at once", async () => {
    const mounted = mount(fixture);
    const one = mounted.create();
    await one.start();
    await one.stop();
    await assertSilent(mounted, "after an early stop");
  });

  test("starts again after stop, with the same holdings", async () => {
    const mounted = mount(fixture);
    const one = mounted.create();
    await one.start();
    const first = mounted.holdings();
    await one.stop();
    await one.start();
    const { sockets, collectors, ofOthers } = mounted.holdings();
    assert.deepEqual(
      { sockets, collectors, ofOthers },
      { sockets: first.sockets, collectors: first.collectors, ofOthers: first.ofOthers },
    );
    await mounted.world.runFor(2_000);
    await one.stop();
    await assertSilent(mounted, "after the second stop");
  });

  test("drains within its time, then stops", async () => {
    const mounted = mount(fixture);
    const one = mounted.create();
    await one.start();
    await mounted.world.runFor(1_000);
    await mounted.world.until(Promise.resolve(one.life.drain?.(1_500)), 2_000);
    await one.stop();
    await assertSilent(mounted, "after drain and stop");
  });

  test("a start that fails is undone by stop", () => failedStarts(fixture));

  test("a successor takes its state, and any nonsense is ignored", async () => {
    const mounted = mount(fixture);
    const old = mounted.create();
    await old.start();
    const state = old.life.snapshot?.();
    await old.stop();
    for (const given of [undefined, null, 7, "x", [], {}, { kind: "other" }, state]) {
      const next = mounted.create();
      next.life.adopt?.(given);
      await next.start();
      await mounted.world.runFor(500);
      await next.stop();
    }
    await assertSilent(mounted, "after swaps");
  });

  test("its admin routes are data", () => {
    const { life } = mount(fixture).create();
    for (const route of life.admin ?? []) {
      assert.match(route.path, /^\/[a-z]/);
      assert.match(route.summary, /\.$/, `${route.path}: a summary is a sentence`);
      assert.equal(typeof route.handle, "function");
    }
  });

  configSuite(fixture, test);
}

/** Every opening of a socket fails once, each in a life of its own. */
async function failedStarts(fixture: Fixture): Promise<void> {
  const whole = mount(fixture);
  const one = whole.create();
  await one.start();
  const openings = whole.openings();
  await one.stop();
  for (let failAt = 1; failAt <= openings; failAt++) {
    const mounted = mount(fixture, { failAt });
    const failing = mounted.create();
    let failed = false;
    await failing.start().catch(() => failed = true);
    await mounted.world.runFor(failed ? 0 : 1_000);
    await failing.stop();
    await assertSilent(mounted, `after opening ${failAt} failed`);
  }
}

function configSuite(
  fixture: Fixture,
  test: (name: string, fn: () => void | Promise<void>) => void,
): void {
  const { plugin } = fixture;
  const given = typeof fixture.config === "object" && fixture.config !== null ? fixture.config : {};

  test("accepts its config, and {} when that is one", () => {
    plugin.check(given);
    if (fixture.config === undefined) plugin.check({});
    if (fixture.config === undefined) plugin.check(undefined);
  });

  test("an unknown option is refused by its path", () => {
    assert.throws(() => plugin.check({ ...given, zzzUnknown: 1 }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(error.issues.map((issue) => issue.path.join(".")), ["zzzUnknown"]);
      return true;
    });
  });

  test("an option of the wrong type is refused by its path", () => {
    for (const key of Object.keys(optionsOf(fixture).properties ?? {})) {
      // No option is a function, so this is wrong for each.
      assert.throws(() => plugin.check({ ...given, [key]: () => {} }), (error) => {
        assert.ok(error instanceof ConfigError, key);
        assert.ok(error.issues.some((issue) => issue.path[0] === key), `${key}: ${error.message}`);
        return true;
      });
    }
  });

  test("every option is described", () => {
    assert.deepEqual(undescribed(optionsOf(fixture), ""), []);
  });

  test("its name and summary are fit to show", () => {
    assert.match(plugin.name, /^[a-z][a-z0-9-]*$/);
    assert.match(plugin.summary, /^[A-Z].*\.$/);
    assert.ok(plugin.summary.length <= 120, `${plugin.summary.length} characters`);
  });

  test("its README names every option and shows a config", async () => {
    const url = new URL(`../../plugins/${plugin.name}/README.md`, import.meta.url);
    const text = await Deno.readTextFile(url);
    const missing = Object.keys(optionsOf(fixture).properties ?? {})
      .filter((key) => !text.includes(`\`${key}\``) && !text.includes(`\`${key}:`));
    assert.deepEqual(missing, [], "options that the README does not name");
    assert.match(text, /```yaml/, "no example");
  });
}
