/** The index as one peer sees it: its connection, and what is announced over it. */
import { addrKey } from "../../core/ids.ts";
import type { Addr } from "../../core/ports.ts";
import type { FileId } from "../../core/swarm/identity.ts";
import { IndexClient } from "../../core/swarm/index_client.ts";
import { Announcer, type Offer } from "./announcer.ts";
import type { PeerHost } from "./host.ts";

const UNSPECIFIED = new Set(["0.0.0.0", "::"]);

/** A file as it is announced; undefined when there is nothing to announce of it. */
function offerOf(node: PeerHost, id: FileId): Offer | undefined {
  const shared = node.library.get(id);
  if (shared !== undefined) return { shape: shared.shape, name: shared.name, held: undefined };
  const running = node.running.get(id);
  if (running === undefined || (running.part === undefined && running.shared === undefined)) {
    return undefined;
  }
  const { shape, name, transfer } = running;
  // Announced from the first moment: those who begin together find each other, and trade from then on.
  return { shape, name, held: transfer.held };
}

function offersOf(node: PeerHost): readonly Offer[] {
  const shared = node.library.list().map((file) => file.shape.id);
  return [...new Set([...shared, ...node.running.keys()])].flatMap((id) => offerOf(node, id) ?? []);
}

/** Makes the client and the announcer of a peer; both are started with it. */
export function indexSide(
  node: PeerHost,
  to: Addr,
): { readonly client: IndexClient; readonly announcer: Announcer } {
  const { net, clock, rng, log, self } = node.ctx;
  let localHost: string | undefined;
  const client = new IndexClient({
    net,
    clock,
    rng,
    to,
    up: (local) => {
      localHost = local.host;
      log.info("index reached", { at: addrKey(to) });
      announcer.all();
      node.downloads.searchSoon();
    },
    down: (why) => log.info("index not reached", { at: addrKey(to), why }),
  });
  const { advertise } = self;
  const announcer = new Announcer({
    clock,
    log,
    client,
    self: { name: self.name, instance: self.instance },
    at: () => {
      const port = node.local?.port;
      const host = UNSPECIFIED.has(advertise) ? localHost ?? advertise : advertise;
      return port === undefined ? undefined : { host, port };
    },
    offers: () => offersOf(node),
    offer: (id) => offerOf(node, id),
    load: () => node.sessions.size,
  });
  return { client, announcer };
}
