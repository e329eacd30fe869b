/** The swarm of a peer: what it shares, what it fetches, which pieces it has. */
import { useEffect, useState } from "preact/hooks";
import { ask } from "./api.ts";
import { bytes, count, rate } from "./format.ts";

interface Transfer {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly pieces: number;
  readonly heldPieces: number;
  readonly complete: boolean;
  readonly error?: string;
  readonly readers: number;
  /** One bit a piece, the first piece first, in hex. */
  readonly map: string;
  readonly peers: readonly {
    readonly name: string;
    readonly downBytesPerSecond: number;
    readonly upBytesPerSecond: number;
  }[];
}

interface SwarmView {
  readonly listen?: string;
  readonly shared: number;
  readonly connections: number;
  readonly downBytesPerSecond: number;
  readonly upBytesPerSecond: number;
  readonly transfers: readonly Transfer[];
}

const LOOK_MS = 2000;

/** What the node's swarm does, asked again and again. */
function useSwarm(): SwarmView | undefined {
  const [view, set] = useState<SwarmView>();
  useEffect(() => {
    const look = () => void ask<SwarmView>("/api/v1/swarm").then(set).catch(() => {});
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return view;
}

const STRIPES = 200;

/** Shares of pieces that are here, from a file's first to its last, in at most 200 stripes. */
function stripes({ map, pieces }: Transfer): readonly number[] {
  const held = (piece: number) =>
    (parseInt(map.slice(2 * (piece >> 3), 2 * (piece >> 3) + 2), 16) >> (7 - piece % 8)) & 1;
  const wide = Math.min(STRIPES, pieces);
  return Array.from({ length: wide }, (_, at) => {
    const from = Math.floor(at * pieces / wide);
    const to = Math.max(from + 1, Math.floor((at + 1) * pieces / wide));
    let sum = 0;
    for (let piece = from; piece < to; piece++) sum += held(piece);
    return sum / (to - from);
  });
}

/** A file's pieces from its first to its last byte: the fuller a stripe, the more of it is here. */
function Strip({ transfer }: { readonly transfer: Transfer }) {
  const shares = stripes(transfer);
  return (
    <svg
      class="strip"
      viewBox={`0 0 ${Math.max(1, shares.length)} 10`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${transfer.name}: ${transfer.heldPieces} of ${transfer.pieces} pieces are here`}
    >
      {shares.map((share, at) => (
        <rect key={at} class="piece" opacity={share} x={at} y="0" width="1.02" height="10" />
      ))}
    </svg>
  );
}

function About({ transfer }: { readonly transfer: Transfer }) {
  const sum = (read: (peer: Transfer["peers"][number]) => number) =>
    transfer.peers.reduce((total, peer) => total + read(peer), 0);
  const parts = [
    transfer.error ?? (transfer.complete ? "complete" : "under way"),
    bytes(transfer.sizeBytes),
    `${transfer.heldPieces} of ${transfer.pieces} pieces`,
    count(transfer.peers.length, "peer"),
    `${rate(8 * sum((peer) => peer.downBytesPerSecond))} down`,
    `${rate(8 * sum((peer) => peer.upBytesPerSecond))} up`,
  ];
  return <p class="muted">{parts.join(" · ")}</p>;
}

/** The page of transfers. */
export function Swarm() {
  const view = useSwarm();
  if (view === undefined) return <p class="muted">The swarm has not told yet.</p>;
  return (
    <>
      <h1>Swarm</h1>
      <section class="card">
        <dl class="facts">
          <div>
            <dt>Files shared</dt>
            <dd>{view.shared}</dd>
          </div>
          <div>
            <dt>Connections</dt>
            <dd>{view.connections}</dd>
          </div>
          <div>
            <dt>Down</dt>
            <dd>{rate(8 * view.downBytesPerSecond)}</dd>
          </div>
          <div>
            <dt>Up</dt>
            <dd>{rate(8 * view.upBytesPerSecond)}</dd>
          </div>
        </dl>
        {view.transfers.length === 0 && <p class="muted">Nothing is being fetched.</p>}
        {view.transfers.map((transfer) => (
          <article key={transfer.id} class="transfer">
            <h2>{transfer.name}</h2>
            <About transfer={transfer} />
            <Strip transfer={transfer} />
          </article>
        ))}
      </section>
    </>
  );
}
