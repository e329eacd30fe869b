/** All upstream groups of a node: one for each stream, and one for each session with its own port. */
import { type NodeName, originOf, type Ssrc, type StreamName } from "../../core/ids.ts";
import type { EngineEvent, LinkId } from "../../core/media/api.ts";
import { UserError } from "../../core/plugin.ts";
import type { Candidates, Exchange, SubscriptionStatus, Tree } from "../../core/slots.ts";
import type { Message } from "../../core/wire/messages.ts";
import { Group } from "./group.ts";
import type { GroupNeeds, GroupSpec } from "./group_spec.ts";
import type { LocalSubscription } from "./subscription.ts";

/** What the table needs of its node. */
export interface UpstreamsNeeds extends Omit<GroupNeeds, "linkInUse"> {
  readonly tree: Tree;
  readonly lingerMs: number;
  /** Throws when there are too many streams. */
  readonly refuseTooMany: (stream: StreamName) => void;
  /** Children that have the stream or wait for it. */
  readonly interest: (stream: StreamName) => number;
}

/** An upstream, who uses it here, and when it may go. */
interface Entry {
  readonly group: Group;
  readonly users: Set<LocalSubscription>;
  linger: Disposable | undefined;
}

/** The session name of what all consumers of a node share. */
const MAIN_SESSION = "main";
/** What the names of others begin with. */
const OWN_SESSION = "s:";
/** A stream that ended is still open for this long: children fetch its last packets. */
const OVER_MS = 5000;

/** What a group is found by: the stream alone where all consumers share it. */
function keyOf(stream: StreamName, session: string): string {
  return session === MAIN_SESSION ? stream : `${stream} ${session}`;
}

/** The groups. */
export class Upstreams {
  readonly #entries = new Map<string, Entry>();
  readonly #over = new Map<StreamName, { readonly ssrc: Ssrc; readonly last: number }>();
  readonly #closing = new Set<Disposable>();
  readonly #groupNeeds: GroupNeeds;

  constructor(readonly needs: UpstreamsNeeds) {
    this.#groupNeeds = {
      ...needs,
      linkInUse: (spec, ssrc, link) =>
        this.#groups().some((other) => other.spec.key !== spec.key && other.takes(ssrc, link)),
      onOver: (spec, ssrc, last) => {
        this.#onOver(spec, ssrc, last);
        needs.onOver(spec, ssrc, last);
      },
    };
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The group that children of this stream are served from. */
  main(stream: StreamName): Group | undefined {
    return this.#entries.get(stream)?.group;
  }

  /** The last number of a stream that ended a moment ago. */
  over(stream: StreamName): { readonly ssrc: Ssrc; readonly last: number } | undefined {
    return this.#over.get(stream);
  }

  /** Takes a stream for a local consumer. */
  use(want: Parameters<Exchange["subscribe"]>[0], user: LocalSubscription): void {
    const ofItsOwn = want.candidates !== undefined || want.socket !== undefined;
    const entry = ofItsOwn
      ? this.#open(this.#sessionSpec(want))
      : this.#entries.get(want.stream) ?? this.#open(this.#mainSpec(want.stream));
    entry.users.add(user);
    this.#keep(entry);
    user.follow(entry.group);
    entry.group.start();
  }

  unuse(user: LocalSubscription): void {
    for (const entry of [...this.#entries.values()]) {
      if (entry.users.delete(user)) this.#keep(entry);
    }
  }

  /** Children came or went: the stream is fetched, or left after the linger. */
  refresh(stream: StreamName): void {
    const known = this.#entries.get(stream);
    if (known !== undefined) return this.#keep(known);
    if (this.needs.interest(stream) > 0) this.#open(this.#mainSpec(stream)).group.start();
  }

  down(name: NodeName, why: "silent" | "restarted" | "left"): void {
    for (const group of this.#groups()) group.down(name, why);
  }

  /** Each message is for one group, and a thousand of them may renew their leases. */
  message(message: Message<"JOINED"> | Message<"MOVE"> | Message<"ENDED">): void {
    const { stream, session } = message.body;
    this.#entries.get(keyOf(stream, session))?.group.message(message);
  }

  engine(event: Extract<EngineEvent, { link: LinkId }>): void {
    if (event.kind === "alive") return;
    for (const { group } of this.#entries.values()) group.engine(event);
  }

  /** Media or feedback came from a parent. */
  alive(link: LinkId): void {
    for (const { group } of this.#entries.values()) group.alive(link);
  }

  /** Whether media on this link is wanted, or will be as soon as its JOINED is here. */
  awaits(ssrc: Ssrc, link: LinkId): boolean {
    return this.#groups().some((group) => group.awaits(ssrc, link));
  }

  /** Those that only children use. */
  forChildren(): readonly SubscriptionStatus[] {
    return [...this.#entries.values()].filter(({ users }) => users.size === 0)
      .map(({ group }) => ({ ...group.status(), session: group.spec.session }));
  }

  stop(): void {
    for (const entry of [...this.#entries.values()]) this.#close(entry);
    for (const one of this.#closing) one[Symbol.dispose]();
    this.#closing.clear();
    this.#over.clear();
  }

  #groups(): readonly Group[] {
    return [...this.#entries.values()].map(({ group }) => group);
  }

  #mainSpec(stream: StreamName): GroupSpec {
    return {
      key: keyOf(stream, MAIN_SESSION),
      stream,
      session: MAIN_SESSION,
      socket: 0,
      media: this.needs.membership.self().media,
      candidates: this.#treeCandidates(originOf(stream)),
      leaf: false,
    };
  }

  #sessionSpec(want: Parameters<Exchange["subscribe"]>[0]): GroupSpec {
    const { stream, session, socket, candidates } = want;
    const { media } = this.needs.membership.self();
    const own = `${OWN_SESSION}${session}`;
    return {
      key: keyOf(stream, own),
      stream,
      session: own,
      socket: socket?.id ?? 0,
      media: socket === undefined ? media : { host: media.host, port: socket.local.port },
      candidates: candidates ?? this.#treeCandidates(originOf(stream)),
      leaf: true,
    };
  }

  #treeCandidates(origin: NodeName): Candidates {
    const { tree } = this.needs;
    return {
      list: () =>
        tree.routes(origin).filter((route) => route.feasible).map(({ parent, path, costUs }) => ({
          peer: parent,
          cost: costUs,
          path,
        })),
      onChange: (fn) =>
        tree.onChange((changed) => {
          if (changed === origin) fn();
        }),
      distrust: (name) => tree.distrust(name),
      seek: () => tree.seek(origin),
    };
  }

  #open(spec: GroupSpec): Entry {
    if (this.#entries.has(spec.key)) {
      throw new UserError(
        "session-exists",
        `Cannot subscribe to ${spec.stream}: session "${spec.session}" is there already`,
      );
    }
    this.needs.refuseTooMany(spec.stream);
    const group = new Group(spec, this.#groupNeeds);
    const entry: Entry = { group, users: new Set(), linger: undefined };
    this.#entries.set(spec.key, entry);
    return entry;
  }

  /** Somebody uses it: it stays. Nobody does: it goes after the linger. */
  #keep(entry: Entry): void {
    const { spec } = entry.group;
    const used = entry.users.size > 0 || (!spec.leaf && this.needs.interest(spec.stream) > 0);
    if (used) {
      entry.linger?.[Symbol.dispose]();
      entry.linger = undefined;
    } else if (spec.leaf) {
      // Its socket goes with it.
      this.#close(entry);
    } else {
      entry.linger ??= this.needs.clock.after(this.needs.lingerMs, () => this.#close(entry));
    }
  }

  #close(entry: Entry): void {
    entry.linger?.[Symbol.dispose]();
    entry.linger = undefined;
    const { key } = entry.group.spec;
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    entry.group.stop();
    this.needs.onChange();
  }

  #onOver(spec: GroupSpec, ssrc: Ssrc, last: number): void {
    const entry = this.#entries.get(spec.key);
    if (entry === undefined) return;
    this.#entries.delete(spec.key);
    entry.linger?.[Symbol.dispose]();
    if (!spec.leaf) this.#over.set(spec.stream, { ssrc, last });
    const timer = this.needs.clock.after(OVER_MS, () => {
      this.#closing.delete(closing);
      if (this.#over.get(spec.stream)?.ssrc === ssrc) this.#over.delete(spec.stream);
      entry.group.stop();
    });
    const closing = {
      [Symbol.dispose]() {
        timer[Symbol.dispose]();
        entry.group.stop();
      },
    };
    this.#closing.add(closing);
  }
}
