/** Streams: who watches them, and where their milliseconds go. */
import { useEffect, useState } from "preact/hooks";
import type { NetworkView } from "../../core/observe.ts";
import { ask } from "./api.ts";
import { type Way, waysOf } from "./budget.ts";
import { count, ms, percent, rate } from "./format.ts";

/** A stream of the network. */
export interface StreamOfNetwork {
  readonly name: string;
  readonly viewers: number;
  readonly nodes: number;
  readonly bitrate: number;
  readonly worstLoss: number;
  readonly lost: number;
  readonly repaired: number;
  readonly runsHere: boolean;
}

/** Every stream that some node knows of, by name. */
export function streamsOf(view: NetworkView): readonly StreamOfNetwork[] {
  const names = new Set(view.nodes.flatMap(({ streams }) => streams.map(({ name }) => name)));
  return [...names].sort().map((name) => {
    const entries = view.nodes.flatMap((node) =>
      node.state === "here"
        ? node.streams.filter((one) => one.name === name).map((one) => ({ node: node.name, one }))
        : []
    );
    const sum = (read: (one: typeof entries[number]["one"]) => number) =>
      entries.reduce((total, { one }) => total + read(one), 0);
    return {
      name,
      viewers: sum((one) => one.sessions),
      nodes: entries.filter(({ one }) => one.state !== "idle").length,
      bitrate: Math.max(0, ...entries.map(({ one }) => one.rateIn)),
      worstLoss: Math.max(0, ...entries.map(({ one }) => one.loss)),
      lost: sum((one) => one.lost),
      repaired: sum((one) => one.repaired),
      runsHere: entries.some(({ node, one }) => node === view.self && one.state !== "idle"),
    };
  });
}

interface ThumbnailAnswer {
  readonly jpeg?: string;
  readonly why?: string;
}
const WHY: Readonly<Record<string, string>> = {
  off: "pictures are off",
  "not-here": "does not run at this node",
  "no-ffmpeg": "no ffmpeg here",
  "no-picture": "no picture yet",
  busy: "picture on its way",
};
const THUMBNAIL_MS = 10_000;

function Thumbnail({ stream, offered }: { readonly stream: string; readonly offered: boolean }) {
  const [answer, set] = useState<ThumbnailAnswer>({ why: offered ? "busy" : "not-here" });
  useEffect(() => {
    if (!offered) return;
    const look = () =>
      void ask<ThumbnailAnswer>(`/api/v1/thumbnails/${stream}`).then(set).catch(() => {});
    look();
    const timer = setInterval(look, THUMBNAIL_MS);
    return () => clearInterval(timer);
  }, [stream, offered]);
  return answer.jpeg === undefined
    ? <div class="thumbnail none">{WHY[answer.why ?? ""] ?? answer.why}</div>
    : (
      <img
        class="thumbnail"
        src={`data:image/jpeg;base64,${answer.jpeg}`}
        alt={`Picture of ${stream}`}
      />
    );
}

function Bar({ way, longestMs }: { readonly way: Way; readonly longestMs: number }) {
  return (
    <div class="budget">
      <div class="head">
        <a href={`#/node/${way.node}`}>{way.node}</a>
        <span class="muted">{way.path.join(" → ")}</span>
        <b>{`${way.complete ? "" : "at least "}${ms(way.totalMs)}`}</b>
      </div>
      <div class="bar" aria-hidden="true">
        {way.shares.map(({ kind, label, ms: share }) => (
          <i
            key={label}
            class={kind}
            title={`${label}: ${ms(share)}`}
            style={{ width: `${Math.max(0.15, share / Math.max(longestMs, 1e-3) * 100)}%` }}
          />
        ))}
      </div>
      <details>
        <summary>{`${count(way.path.length - 1, "hop")}, step by step`}</summary>
        <table>
          <tbody>
            {way.shares.map(({ kind, label, ms: share }) => (
              <tr key={label}>
                <td>
                  <i class={`swatch ${kind}`} />
                  {label}
                </td>
                <td class="number">{ms(share)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  );
}

/** Ways shown of one stream. */
const WAYS_MAX = 8;

/** One stream with its picture and the delay to each who watches. */
export function StreamCard({ view, stream, thumbnails }: {
  readonly view: NetworkView;
  readonly stream: StreamOfNetwork;
  readonly thumbnails: boolean;
}) {
  const ways = waysOf(stream.name, view.nodes);
  const longestMs = Math.max(0, ...ways.map((way) => way.totalMs));
  return (
    <section class="card stream" aria-label={`Stream ${stream.name}`}>
      <div class="top">
        <Thumbnail stream={stream.name} offered={thumbnails && stream.runsHere} />
        <div>
          <h2>{stream.name}</h2>
          <dl class="facts">
            <div>
              <dt>Viewers</dt>
              <dd>{stream.viewers}</dd>
            </div>
            <div>
              <dt>Nodes</dt>
              <dd>{stream.nodes}</dd>
            </div>
            <div>
              <dt>Bit rate</dt>
              <dd>{rate(stream.bitrate)}</dd>
            </div>
            <div>
              <dt>Worst hop</dt>
              <dd>{`${percent(stream.worstLoss)} lost`}</dd>
            </div>
            <div>
              <dt>Repaired</dt>
              <dd>{stream.repaired}</dd>
            </div>
            <div>
              <dt>Lost for good</dt>
              <dd>{stream.lost}</dd>
            </div>
          </dl>
        </div>
      </div>
      <h3>From source to screen</h3>
      {ways.length === 0 && <p class="muted">It runs nowhere just now.</p>}
      {ways.slice(0, WAYS_MAX).map((way) => <Bar key={way.node} way={way} longestMs={longestMs} />)}
      {ways.length > WAYS_MAX && (
        <p class="muted">{`and ${count(ways.length - WAYS_MAX, "shorter way")}`}</p>
      )}
    </section>
  );
}

/** All streams. */
export function Streams({ view, thumbnails }: {
  readonly view: NetworkView;
  readonly thumbnails: boolean;
}) {
  const streams = streamsOf(view);
  return (
    <>
      <h1>Streams</h1>
      <ul class="legend" aria-label="Shares of the delay">
        <li>
          <i class="swatch network" />network: half a round trip a hop
        </li>
        <li>
          <i class="swatch node" />node: how late its event loop runs
        </li>
        <li>
          <i class="swatch repair" />repair, spread over all packets
        </li>
        <li>
          <i class="swatch buffer" />buffer of the sink
        </li>
      </ul>
      {streams.length === 0 && <p class="muted">No stream is known.</p>}
      {streams.map((stream) => (
        <StreamCard key={stream.name} view={view} stream={stream} thumbnails={thumbnails} />
      ))}
    </>
  );
}
