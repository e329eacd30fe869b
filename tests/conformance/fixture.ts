/** Puts one plugin into the seeded world, alone among stand-ins. */
import { Facade } from "../../core/facade.ts";
import { nodeName, type Peer } from "../../core/ids.ts";
import type { Context, Life, Loadable, Self } from "../../core/plugin.ts";
import { type Net, PortError, type Ports } from "../../core/ports.ts";
import type { ManySlot, OneSlot, Slot, Slots } from "../../core/slots.ts";
import { World, type WorldOptions } from "../sim/world.ts";
import { type Held, manyOf, peerOf, type StandIns, standIns } from "./stand_ins.ts";

/** The host that the plugin under test runs on. */
export const HOST = "10.1.0.1";
/** The host of the stand-ins: their timers and sockets are not the plugin's. */
const STAND_IN_HOST = "10.1.0.250";

/** What a suite needs to know of a plugin. */
export interface Fixture {
  readonly plugin: Loadable;
  /** The options to test it with; `{}` when left out. */
  readonly config?: unknown;
  /** Prepares files, programs and the like before `create`. */
  readonly prepare?: (mounted: Mounted) => void;
  /** Role plugins of the node. */
  readonly roles?: readonly string[];
}

/** Where a mounted plugin may fail: opening a socket, a listener or a connection. */
export interface FailurePlan {
  /** Number of the opening that fails, from 1; 0 for none. */
  readonly failAt: number;
}

/** A plugin in the world. */
export interface Mounted {
  readonly world: World;
  readonly host: string;
  readonly me: Peer;
  readonly ports: Ports;
  readonly others: StandIns;
  readonly plugin: Loadable;
  readonly options: unknown;
  /** The many-slots that instances asked for. */
  readonly manys: Held[];
  /** Reasons that the plugin gave for finishing the node. */
  readonly finished: string[];
  /** Openings of sockets, listeners and connections so far. */
  openings(): number;
  /** What the plugin holds: nothing before `start` and after `stop`. */
  holdings(): Holdings;
  /** Creates an instance; its needs answer from `start` on. */
  create(): MountedLife;
}

/** What is held of the world and of the stand-ins. */
export interface Holdings {
  readonly timers: number;
  readonly sockets: number;
  readonly collectors: number;
  readonly eventListeners: number;
  readonly ofOthers: Readonly<Record<string, number>>;
}

/** An instance of the plugin under test. */
export interface MountedLife {
  readonly life: Life;
  /** Fills the needs and starts; the world runs until the start has settled. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Nothing held. */
export const NOTHING_HELD: Holdings = {
  timers: 0,
  sockets: 0,
  collectors: 0,
  eventListeners: 0,
  ofOthers: {},
};

/** The filling as its slot's interface. */
export function filling<K extends Slot>(mounted: Mounted, slot: K, life: Life): Slots[K] {
  if (mounted.plugin.slot !== slot) {
    throw new Error(`"${mounted.plugin.name}" fills ${mounted.plugin.slot}, not ${slot}`);
  }
  // definePlugin made sure that a plugin of this slot returns its interface.
  return life as unknown as Slots[K];
}

/** The net port, with one opening that fails. */
function failingNet(net: Net, plan: FailurePlan, count: () => number): Net {
  const attempt = <T>(open: () => Promise<T>): Promise<T> =>
    count() === plan.failAt
      ? Promise.reject(new PortError("address-in-use", "Cannot open: the test says so"))
      : open();
  return {
    udp: (bind, options) => attempt(() => net.udp(bind, options)),
    listen: (bind, accept) => attempt(() => net.listen(bind, accept)),
    dial: (to, signal) => attempt(() => net.dial(to, signal)),
  };
}

/** Mounts a plugin alone among stand-ins. */
export function mount(
  fixture: Fixture,
  plan: FailurePlan = { failAt: 0 },
  options: Partial<WorldOptions> = {},
): Mounted {
  const world = new World({ seed: 1, ...options });
  const worldPorts = world.ports(HOST);
  let openings = 0;
  const ports: Ports = {
    ...worldPorts,
    net: failingNet(worldPorts.net, plan, () => ++openings),
  };
  const me = peerOf("under-test", HOST, ports.clock.wall());
  const others = standIns(me, world.ports(STAND_IN_HOST).clock);
  const needed: readonly Slot[] = fixture.plugin.needs;
  const mounted: Mounted = {
    world,
    host: HOST,
    me,
    ports,
    others,
    plugin: fixture.plugin,
    options: fixture.plugin.check(fixture.config ?? {}),
    manys: [],
    finished: [],
    openings: () => openings,
    holdings: () => ({
      timers: world.timers(HOST),
      sockets: world.sockets(HOST),
      collectors: world.metrics(HOST).collectors,
      eventListeners: world.eventListeners(HOST),
      ofOthers: Object.fromEntries(
        [
          ...needed.map((slot): [string, number] => [slot, others[slot].held()]),
          ...mounted.manys.map((many, i): [string, number] => [`many ${i}`, many.held()]),
        ].filter(([, held]) => held > 0),
      ),
    }),
    create: () => createIn(mounted, fixture),
  };
  fixture.prepare?.(mounted);
  return mounted;
}

function createIn(mounted: Mounted, fixture: Fixture): MountedLife {
  const { world, others, plugin } = mounted;
  const facades = new Map<OneSlot, Facade<object>>();
  let started = false;
  const facade = <K extends OneSlot>(slot: K): Slots[K] => {
    let known = facades.get(slot);
    if (known === undefined) {
      facades.set(slot, known = new Facade<object>(slot));
      if (started) known.fill(others[slot]);
    }
    // Filled below with the stand-in of this very slot.
    return known.standIn as unknown as Slots[K];
  };
  const demand = (slot: Slot): void => {
    if (!plugin.needs.includes(slot)) {
      throw new Error(`"${plugin.name}" uses slot "${slot}" and does not declare it`);
    }
  };
  const ctx: Context<Slot> = {
    ...mounted.ports,
    self: selfOf(mounted.me, fixture.roles ?? ["relay"]),
    id: plugin.name,
    use: (slot) => {
      demand(slot);
      return facade(slot);
    },
    all: <K extends ManySlot>(slot: K) => {
      demand(slot);
      // `others[slot]` is the stand-in of this very slot.
      const many = manyOf<K>({ [slot]: others[slot] as unknown as Slots[K] });
      mounted.manys.push(many);
      return many;
    },
    finish: (reason) => void mounted.finished.push(reason),
  };
  const life = plugin.create(ctx, mounted.options);
  const abort = new AbortController();
  return {
    life,
    start: async () => {
      started = true;
      for (const [slot, one] of facades) one.fill(others[slot]);
      await world.until(Promise.resolve(life.start(abort.signal)));
    },
    stop: async () => {
      await world.until(Promise.resolve(life.stop()));
    },
  };
}

function selfOf(me: Peer, roles: readonly string[]): Self {
  const name = nodeName(me.name);
  if (name === undefined) throw new Error("Cannot mount: a wrong name");
  return {
    name,
    instance: me.instance,
    roles,
    listen: HOST,
    advertise: HOST,
    ports: { control: 6000, keepalive: 6001, media: 7000 },
    bootstrap: { host: "10.1.0.200", port: 5000 },
    version: "0",
  };
}
