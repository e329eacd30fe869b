/** Who is watched: asked for by other plugins, counted, and carried over from those who watched first. */
import { addrKey, type NodeName, type Peer, sameAddr } from "../ids.ts";
import type { Desk } from "./handshake.ts";
import { Link } from "./link.ts";

/** Starts to watch; a new instance or address of a known name replaces the old. */
export function watch(desk: Desk, peer: Peer, nowMs: number): void {
  if (peer.name === desk.me.name) return;
  const { table, config } = desk;
  const known = table.watched.get(peer.name);
  if (known !== undefined) {
    known.watchCount++;
    renewPeer(desk, known, peer, nowMs);
    return;
  }
  if (table.watched.size >= config.watchedMax) {
    desk.counters.dropped.tooManyWatched++;
    return;
  }
  const link = fromWatchers(desk, peer) ??
    new Link(peer.name, peer.keepalive, peer.instance, table.newToken(), config.interval);
  link.peer = peer.instance >= link.instance ? peer : { ...peer, instance: link.instance };
  link.watchCount = 1;
  table.watched.set(peer.name, link);
  table.name(link);
  desk.startBeating(nowMs);
  link.tryNow(nowMs);
  desk.tryOnce(link, nowMs);
}

/** Somebody who has watched this node already is proven; its link goes on. */
function fromWatchers({ table }: Desk, peer: Peer): Link | undefined {
  const key = addrKey(peer.keepalive);
  const link = table.watchers.get(key);
  if (link === undefined || link.name !== peer.name) return undefined;
  table.watchers.delete(key);
  if (link.instance >= peer.instance) return link;
  table.drop(link);
  return undefined;
}

function renewPeer(desk: Desk, link: Link, peer: Peer, nowMs: number): void {
  const moved = !sameAddr(link.addr, peer.keepalive);
  if (peer.instance < link.instance && !moved) return;
  if (peer.instance > link.instance || moved) {
    desk.restarted(link, Math.max(peer.instance, link.instance), nowMs);
    if (moved) {
      link.addr = peer.keepalive;
      link.answeredFrom = undefined;
      link.cookie = undefined;
    }
    desk.tryOnce(link, nowMs);
  }
  link.peer = { ...peer, instance: link.instance };
}

/** Ends one watch; the last one ends the link, unless the other end still wants heartbeats. */
export function unwatch(desk: Desk, name: NodeName, nowMs: number): void {
  const { table, config } = desk;
  const link = table.watched.get(name);
  if (link === undefined || --link.watchCount > 0) return;
  table.watched.delete(name);
  link.peer = undefined;
  link.state = "unknown";
  link.addr = link.answeredFrom ?? link.addr;
  const key = addrKey(link.addr);
  const keeps = link.remoteToken !== undefined && link.wantedUntilMs > nowMs &&
    !table.watchers.has(key) && table.watchers.size < config.watchersMax;
  if (keeps) table.watchers.set(key, link);
  else table.drop(link);
}
