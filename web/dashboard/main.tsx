/** The dashboard: one page on a node's admin endpoint that shows the whole network. */
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import plotCss from "uplot/dist/uPlot.min.css" with { type: "text" };
import type { NetworkView } from "../../core/observe.ts";
import { token } from "./api.ts";
import { EventList, Events } from "./events.tsx";
import { count, percent, rate } from "./format.ts";
import { NodePage, Plugins } from "./node.tsx";
import { Legend, Picture } from "./picture.tsx";
import { begin, type State, tokenGiven, useStore } from "./state.ts";
import { Streams, streamsOf } from "./streams.tsx";
import css from "./style.css" with { type: "text" };
import { Swarm } from "./swarm.tsx";
import { NodeTable } from "./tables.tsx";

const ALL = "";

function useRoute(): readonly string[] {
  const read = () => location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const [route, set] = useState(read);
  useEffect(() => {
    const fn = () => {
      set(read());
      scrollTo(0, 0);
    };
    addEventListener("hashchange", fn);
    return () => removeEventListener("hashchange", fn);
  }, []);
  return route;
}

type Theme = "auto" | "light" | "dark";
const THEMES: readonly Theme[] = ["auto", "light", "dark"];

function useTheme(): readonly [string, Theme, () => void] {
  const stored = localStorage.getItem("espalier-theme");
  const [theme, set] = useState<Theme>(THEMES.find((one) => one === stored) ?? "auto");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const [dark, setDark] = useState(system.matches);
  useEffect(() => {
    const fn = () => setDark(system.matches);
    system.addEventListener("change", fn);
    return () => system.removeEventListener("change", fn);
  }, []);
  const shown = theme === "auto" ? dark ? "dark" : "light" : theme;
  document.documentElement.dataset.theme = shown;
  const next = () => {
    const chosen = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
    localStorage.setItem("espalier-theme", chosen);
    set(chosen);
  };
  return [shown, theme, next];
}

function TokenForm({ trouble }: { readonly trouble: string | undefined }) {
  const [value, set] = useState("");
  return (
    <form
      class="card token"
      onSubmit={(event) => {
        event.preventDefault();
        token.set(value.trim());
        tokenGiven();
      }}
    >
      <h1>This node asks for its token</h1>
      <p class="muted">
        It stands in the node's config as <code>admin.token</code>, and is kept for this tab only.
      </p>
      <label>
        Token
        <input
          type="password"
          autocomplete="off"
          value={value}
          onInput={(event) => set(event.currentTarget.value)}
        />
      </label>
      {trouble !== undefined && <p class="bad" role="alert">{trouble}</p>}
      <button type="submit" disabled={value.trim() === ""}>Open</button>
    </form>
  );
}

function Figures({ view }: { readonly view: NetworkView }) {
  const here = view.nodes.filter(({ state }) => state === "here");
  const silent = view.nodes.length - here.length;
  const links = here.flatMap((node) => node.links);
  const worst = Math.max(0, ...here.map(({ loss }) => loss));
  const sum = (read: (node: typeof here[number]) => number) =>
    here.reduce((total, node) => total + read(node), 0);
  return (
    <dl class="facts headline">
      <div>
        <dt>Nodes</dt>
        <dd>{here.length}{silent > 0 && <em class="bad">{` + ${silent} silent`}</em>}</dd>
      </div>
      <div>
        <dt>Viewers</dt>
        <dd>{sum((node) => node.sessions)}</dd>
      </div>
      <div>
        <dt>Carried</dt>
        <dd>{rate(sum((node) => node.rateOut))}</dd>
      </div>
      <div>
        <dt>Worst loss</dt>
        <dd class={worst >= 0.05 ? "bad" : worst >= 0.01 ? "fair" : ""}>{percent(worst)}</dd>
      </div>
      <div>
        <dt>Links</dt>
        <dd>{Math.round(links.length / 2)}</dd>
      </div>
    </dl>
  );
}

function Choice({ view, stream, choose }: {
  readonly view: NetworkView;
  readonly stream: string;
  readonly choose: (stream: string) => void;
}) {
  const streams = streamsOf(view);
  return (
    <fieldset class="choice">
      <legend>Tree of</legend>
      {[ALL, ...streams.map(({ name }) => name)].map((name) => {
        const viewers = streams.find((one) => one.name === name)?.viewers;
        return (
          <label key={name} class={stream === name ? "on" : ""}>
            <input
              type="radio"
              name="stream"
              checked={stream === name}
              onChange={() => choose(name)}
            />
            {name === ALL ? "all streams" : name}
            {viewers !== undefined && <span class="pill">{count(viewers, "viewer")}</span>}
          </label>
        );
      })}
    </fieldset>
  );
}

function Network({ state, view }: { readonly state: State; readonly view: NetworkView }) {
  const [stream, choose] = useState(ALL);
  const shown = stream === ALL ? undefined : stream;
  return (
    <>
      <h1 class="quiet">{`The network, seen from ${view.self}`}</h1>
      <Figures view={view} />
      <section class="card hero" aria-label="Topology and streams">
        <Choice view={view} stream={stream} choose={choose} />
        <Picture nodes={view.nodes} stream={shown} self={view.self} />
        <Legend nodes={view.nodes} />
        {view.leftOut > 0 && <p class="bad">{`${count(view.leftOut, "more node")} did not fit.`}
        </p>}
      </section>
      <section class="card" aria-label="Events">
        <h2>{`What happened at ${view.self}`}</h2>
        <EventList events={state.events} most={8} />
      </section>
      <details class="card">
        <summary>All nodes as a table</summary>
        <NodeTable view={view} stream={shown} />
      </details>
    </>
  );
}

function Body({ state, route, theme }: {
  readonly state: State;
  readonly route: readonly string[];
  readonly theme: string;
}) {
  const { view } = state;
  if (state.needsToken) return <TokenForm trouble={state.trouble} />;
  if (view === undefined) {
    return <p class="muted wait" role="status">{state.trouble ?? "Looking at the network …"}</p>;
  }
  const [page = "", name = view.self] = route;
  switch (page) {
    case "node":
      return <NodePage key={name} state={state} view={view} name={name} theme={theme} />;
    case "streams":
      return (
        <Streams
          view={view}
          thumbnails={state.offers.has("get /api/v1/thumbnails/{origin}/{name}")}
        />
      );
    case "plugins":
      return <Plugins state={state} self={view.self} />;
    case "events":
      return <Events events={state.events} self={view.self} />;
    case "swarm":
      return <Swarm />;
    default:
      return <Network state={state} view={view} />;
  }
}

function App() {
  const state = useStore();
  const route = useRoute();
  const [shown, theme, next] = useTheme();
  const self = state.view?.self ?? "";
  const pages = useMemo(() => [
    ["", "Network"],
    ["streams", "Streams"],
    ["node", "This node"],
    ["plugins", "Plugins"],
    ...(state.offers.has("get /api/v1/events") ? [["events", "Events"]] : []),
    ...(state.offers.has("get /api/v1/swarm") ? [["swarm", "Swarm"]] : []),
  ], [state.offers]);
  const at = route[0] === "node" && route[1] !== undefined && route[1] !== self ? "?" : route[0];
  return (
    <>
      <a class="skip" href="#main">To the content</a>
      <header>
        <a class="brand" href="#/" aria-label="Espalier, the network">
          <svg width="26" height="26" viewBox="0 0 26 26" aria-hidden="true">
            <path d="M13 25V3M13 20C7 20 4 17 4 12M13 20c6 0 9-3 9-8M13 12c-4 0-6-2-6-6M13 12c4 0 6-2 6-6" />
          </svg>
          Espalier
        </a>
        <nav aria-label="Pages">
          {pages.map(([page, title]) => (
            <a key={page} href={`#/${page}`} aria-current={at === page ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <button type="button" class="theme" onClick={next}>{`Theme: ${theme}`}</button>
      </header>
      {state.view !== undefined && state.trouble !== undefined && !state.needsToken && (
        <p class="trouble" role="alert">{state.trouble} What is shown is what was known last.</p>
      )}
      <main id="main" tabIndex={-1}>
        <Body state={state} route={route} theme={shown} />
      </main>
    </>
  );
}

for (const text of [plotCss, css]) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets.push(sheet);
}
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
begin();
