/** The network in words: for screen readers, for search, and for who likes tables better. */
import type { NetworkView, SeenNode } from "../../core/observe.ts";
import { bytes, ms, percent, rate, span } from "./format.ts";
import { kindOf, KINDS } from "./glyphs.tsx";

function parents(node: SeenNode, stream: string | undefined): string {
  const entries = stream === undefined
    ? node.streams
    : node.streams.filter(({ name }) => name === stream);
  const names = new Set(entries.flatMap((entry) => entry.parents));
  const standby = new Set(entries.flatMap((entry) => entry.standby ?? []));
  const first = [...names].join(", ") || "–";
  return standby.size === 0 ? first : `${first} (standby ${[...standby].join(", ")})`;
}

/** Every node with its figures. */
export function NodeTable({ view, stream }: {
  readonly view: NetworkView;
  readonly stream: string | undefined;
}) {
  return (
    <div class="scroll" role="region" aria-label="Table of nodes" tabIndex={0}>
      <table>
        <caption>{`${view.nodes.length} nodes, seen from ${view.self}`}</caption>
        <thead>
          <tr>
            {[
              "Node",
              "Role",
              "State",
              "Takes from",
              "Children",
              "Viewers",
              "In",
              "Out",
              "Loss",
              "CPU",
              "Memory",
              "Up",
            ].map((title) => <th key={title} scope="col">{title}</th>)}
          </tr>
        </thead>
        <tbody>
          {view.nodes.map((node) => (
            <tr key={node.name} class={node.state}>
              <th scope="row">
                <a href={`#/node/${node.name}`}>{node.name}</a>
              </th>
              <td>{KINDS[kindOf(node)]}</td>
              <td>{node.state === "here" ? "here" : `silent ${span(node.ageMs)}`}</td>
              <td>{parents(node, stream)}</td>
              <td>{node.maxChildren > 0 ? `${node.children} of ${node.maxChildren}` : "–"}</td>
              <td>{node.sessions}</td>
              <td>{rate(node.rateIn)}</td>
              <td>{rate(node.rateOut)}</td>
              <td>{percent(node.loss)}</td>
              <td>{percent(node.cpu)}</td>
              <td>{node.memoryBytes === 0 ? "–" : bytes(node.memoryBytes)}</td>
              <td>{span(node.uptimeMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The links of one node. */
export function LinkTable({ node }: { readonly node: SeenNode }) {
  if (node.links.length === 0) return <p class="muted">No neighbors are known.</p>;
  return (
    <div class="scroll" role="region" aria-label="Links" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {["Neighbor", "State", "Round trip", "Loss in", "Loss out", "Control address"].map((
              title,
            ) => <th key={title} scope="col">{title}</th>)}
          </tr>
        </thead>
        <tbody>
          {node.links.map((link) => (
            <tr key={link.name}>
              <th scope="row">
                <a href={`#/node/${link.name}`}>{link.name}</a>
              </th>
              <td>
                <span class={`state ${link.state}`}>{link.state}</span>
              </td>
              <td>{ms(link.rttMs)}</td>
              <td>{percent(link.lossIn)}</td>
              <td>{percent(link.lossOut)}</td>
              <td class="mono">
                {link.control.host === "" ? "–" : `${link.control.host}:${link.control.port}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The streams at one node. */
export function StreamTable({ node }: { readonly node: SeenNode }) {
  if (node.streams.length === 0) return <p class="muted">No stream runs here.</p>;
  return (
    <div class="scroll" role="region" aria-label="Streams of this node" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {[
              "Stream",
              "State",
              "From",
              "Standby",
              "In",
              "Out",
              "Loss",
              "Repaired",
              "Lost",
              "Children",
              "Viewers",
              "Failovers",
            ].map((title) => <th key={title} scope="col">{title}</th>)}
          </tr>
        </thead>
        <tbody>
          {node.streams.map((one) => (
            <tr key={one.name}>
              <th scope="row">{one.name}</th>
              <td>{one.state}</td>
              <td>{one.parents.join(", ") || "–"}</td>
              <td>{one.standby ?? "–"}</td>
              <td>{rate(one.rateIn)}</td>
              <td>{rate(one.rateOut)}</td>
              <td>{percent(one.loss)}</td>
              <td>{one.repaired}</td>
              <td>{one.lost}</td>
              <td>{one.children}</td>
              <td>{one.sessions}</td>
              <td>{one.failovers}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
