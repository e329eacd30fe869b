/** One node: figures, plots, links, streams; and what this very node alone can tell and do. */
import { useEffect, useState } from "preact/hooks";
import type { NetworkView, SeenNode } from "../../core/observe.ts";
import { ask } from "./api.ts";
import { bytes, ms, percent, rate, span } from "./format.ts";
import { Glyph, kindOf, KINDS } from "./glyphs.tsx";
import { Plots } from "./plots.tsx";
import type { State } from "./state.ts";
import { NodeActions, Sessions, type SessionView, Swap } from "./steering.tsx";
import { LinkTable, StreamTable } from "./tables.tsx";

/** What a path answers, asked again every few seconds. */
function usePoll<T>(path: string | undefined, everyMs: number): T | undefined {
  const [value, set] = useState<T>();
  useEffect(() => {
    if (path === undefined) return;
    const look = () => void ask<T>(path).then(set).catch(() => {});
    look();
    const timer = setInterval(look, everyMs);
    return () => clearInterval(timer);
  }, [path]);
  return value;
}

function figures(node: SeenNode): readonly (readonly [string, string | number])[] {
  const { control, keepalive, media } = node.ports;
  const ports = [control, keepalive, media].filter((port) => port > 0).join(" / ");
  const room = `${node.children} of ${node.maxChildren}${node.closed ? ", closed" : ""}`;
  return [
    ["In", rate(node.rateIn)],
    ["Out", rate(node.rateOut)],
    ["Loss", percent(node.loss)],
    ["Repaired", node.repaired],
    ["Lost for good", node.lost],
    ["Viewers", node.sessions],
    ...(node.maxChildren > 0 ? [["Children", room] as const] : []),
    ["CPU", percent(node.cpu)],
    ...(node.memoryBytes > 0 ? [["Memory", bytes(node.memoryBytes)] as const] : []),
    ["Event loop late by", ms(node.waitMs)],
    ["Up for", span(node.uptimeMs)],
    ["Version", node.version],
    ["Address", `${node.host} ${ports}`],
  ];
}

function Facts({ node }: { readonly node: SeenNode }) {
  return (
    <dl class="facts">
      {figures(node).map(([title, value]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function OwnParts({ state, name }: { readonly state: State; readonly name: string }) {
  const sessions = usePoll<readonly SessionView[]>("/api/v1/sessions", 2000);
  return (
    <>
      <section class="card" aria-label="Sessions of this node">
        <h2>Sessions</h2>
        <Sessions sessions={sessions ?? []} offers={state.offers} />
      </section>
      <section class="card" aria-label="Steer">
        <h2>Steer</h2>
        <NodeActions name={name} offers={state.offers} />
      </section>
    </>
  );
}

/** The page of a node. */
export function NodePage({ state, view, name, theme }: {
  readonly state: State;
  readonly view: NetworkView;
  readonly name: string;
  readonly theme: string;
}) {
  const node = view.nodes.find((one) => one.name === name);
  if (node === undefined) {
    return (
      <>
        <h1>{name}</h1>
        <p class="muted">
          This node is not seen (any more). <a href="#/">Back to the network</a>
        </p>
      </>
    );
  }
  const kind = kindOf(node);
  return (
    <>
      <h1>
        <svg width="30" height="30" viewBox="-11 -11 22 22" aria-hidden="true">
          <Glyph kind={kind} />
        </svg>
        {node.name}
        <span class="muted">
          {` ${KINDS[kind]}${node.name === view.self ? ", this node" : ""}`}
        </span>
        {node.state === "silent" && (
          <span class="state down">{`silent for ${span(node.ageMs)}`}</span>
        )}
      </h1>
      <section class="card" aria-label="Figures">
        <Facts node={node} />
      </section>
      {state.offers.has("get /api/v1/history") && (
        <section class="card" aria-label="The last 15 minutes">
          <h2>The last 15 minutes</h2>
          <Plots node={node.name} theme={theme} />
        </section>
      )}
      <section class="card" aria-label="Streams at this node">
        <h2>Streams</h2>
        <StreamTable node={node} />
      </section>
      <section class="card" aria-label="Links of this node">
        <h2>Links</h2>
        <LinkTable node={node} />
      </section>
      {node.name === view.self && <OwnParts state={state} name={node.name} />}
    </>
  );
}

interface PluginView {
  readonly id: string;
  readonly name: string;
  readonly slot: string;
  readonly summary: string;
  readonly configured: boolean;
  readonly config: unknown;
}

/** The plugins of this node with their options. */
export function Plugins({ state, self }: { readonly state: State; readonly self: string }) {
  const plugins = usePoll<readonly PluginView[]>("/api/v1/plugins", 5000) ?? [];
  const listed = state.offers.has("get /api/v1/builtins");
  const builtins = usePoll<readonly { readonly name: string; readonly slot: string }[]>(
    listed ? "/api/v1/builtins" : undefined,
    60_000,
  ) ?? [];
  const choices = (slot: string) =>
    builtins.filter((one) => one.slot === slot).map(({ name }) => name);
  const many = new Set(["role", "source", "sink"]);
  return (
    <>
      <h1>{`Plugins of ${self}`}</h1>
      <div class="grid">
        {plugins.map((one) => (
          <section key={one.id} class="card plugin" aria-label={one.id}>
            <h2>
              {one.id}
              <span class="slot">{one.slot}</span>
            </h2>
            <p>{one.summary}</p>
            <details>
              <summary>{one.configured ? "Options" : "Options (the default of its slot)"}</summary>
              <pre tabIndex={0}>{JSON.stringify(one.config, null, 2)}</pre>
            </details>
            {!many.has(one.slot) && (
              <Swap
                slot={one.slot}
                now={one.name}
                choices={choices(one.slot)}
                offers={state.offers}
              />
            )}
          </section>
        ))}
      </div>
    </>
  );
}
