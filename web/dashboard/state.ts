/** What the page knows: the network, asked again and again; events as they come; what the node's API offers. */
import { useEffect, useReducer } from "preact/hooks";
import type { NetworkView, SeenNode } from "../../core/observe.ts";
import { ApiError, ask, follow, type NodeEvent } from "./api.ts";

/** Time between two looks at the network. */
const LOOK_MS = 1500;
/** Events kept on the page. */
const EVENTS_MAX = 300;

/** Everything that views draw from. */
export interface State {
  view: NetworkView | undefined;
  events: readonly NodeEvent[];
  /** `METHOD path` of everything the API has. */
  offers: ReadonlySet<string>;
  /** Why nothing is known just now. */
  trouble: string | undefined;
  needsToken: boolean;
}

const state: State = {
  view: undefined,
  events: [],
  offers: new Set(),
  trouble: undefined,
  needsToken: document.body.dataset.token === "needed" &&
    sessionStorage.getItem("espalier-token") === null,
};
const listeners = new Set<() => void>();

function changed(): void {
  for (const fn of listeners) fn();
}

/** The state, and a new drawing when it changes. */
export function useStore(): State {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const fn = () => redraw(undefined);
    listeners.add(fn);
    return () => void listeners.delete(fn);
  }, []);
  return state;
}

/** A bootstrapper's list, and a node without observer, as far as they tell: no figures. */
function bareNode(one: Readonly<Record<string, unknown>>): SeenNode {
  const [host = "", port = "0"] = String(one.control ?? "").split(/:(?=\d+$)/);
  const neighbors = Array.isArray(one.neighbors) ? one.neighbors : [];
  return {
    name: one.name as SeenNode["name"],
    instance: Number(one.instance ?? 0),
    roles: Array.isArray(one.roles) ? one.roles : [],
    pop: one.pop === true,
    host,
    ports: { control: Number(port), keepalive: 0, media: 0 },
    ...{ version: String(one.version ?? ""), uptimeMs: Number(one.uptimeMs ?? 0), cpu: 0 },
    ...{ memoryBytes: 0, rateIn: 0, rateOut: 0, loss: 0, repaired: 0, lost: 0, sessions: 0 },
    ...{ children: 0, maxChildren: 0, closed: false, waitMs: 0, cut: 0, ageMs: 0, state: "here" },
    links: neighbors.map((name: SeenNode["name"]) => ({
      ...{ name, control: { host: "", port: 0 }, state: "up", rttMs: undefined },
      ...{ lossIn: 0, lossOut: 0 },
    })),
    streams: [],
  };
}

interface RoleView {
  readonly role: string;
  readonly status: { readonly nodes?: readonly Readonly<Record<string, unknown>>[] };
}

/** The network as a node without observer knows it. */
async function bareView(): Promise<NetworkView> {
  const self = await ask<Record<string, unknown>>("/api/v1/node");
  const roles = await ask<readonly RoleView[]>("/api/v1/roles");
  const listed = roles.flatMap(({ status }) => status.nodes ?? []);
  const nodes = [bareNode(self), ...listed.map(bareNode)];
  return { self: nodes[0]?.name as SeenNode["name"], atMs: 0, nodes, unanswered: [], leftOut: 0 };
}

function failed(error: unknown): void {
  if (error instanceof ApiError && error.status === 401) state.needsToken = true;
  state.trouble = error instanceof ApiError ? error.message : "The node does not answer.";
}

async function look(): Promise<void> {
  try {
    state.view = state.offers.has("get /api/v1/network")
      ? await ask<NetworkView>("/api/v1/network")
      : await bareView();
    state.trouble = undefined;
  } catch (error) {
    failed(error);
  }
  changed();
}

async function readOffers(): Promise<void> {
  const document = await ask<{ paths: Record<string, Record<string, unknown>> }>(
    "/api/v1/openapi.json",
  );
  state.offers = new Set(
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`)
    ),
  );
}

const pause = (forMs: number) => new Promise((resolve) => setTimeout(resolve, forMs));

/** Looks on and on; less often while the page is not seen. */
async function watch(): Promise<void> {
  for (;;) {
    try {
      await readOffers();
      break;
    } catch (error) {
      failed(error);
      changed();
      if (state.needsToken) return;
      await pause(LOOK_MS);
    }
  }
  if (state.offers.has("get /api/v1/events")) void follow(new AbortController().signal, told);
  while (!state.needsToken) {
    await look();
    await pause(document.hidden ? 10 * LOOK_MS : LOOK_MS);
  }
}

function told(event: NodeEvent): void {
  state.events = [event, ...state.events].slice(0, EVENTS_MAX);
  changed();
}

/** Begins; again after a token was given. */
export function begin(): void {
  if (state.needsToken) return;
  void watch();
}

/** A token was given. */
export function tokenGiven(): void {
  state.needsToken = false;
  state.trouble = undefined;
  changed();
  begin();
}
