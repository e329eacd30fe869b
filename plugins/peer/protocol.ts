/** One file among its peers: who has what, who is asked for what, who is served, who cheats. */
import type { Machine } from "../../core/plugin.ts";
import type { ChokeView } from "../../core/slots.ts";
import { type FileShape, fromHex, pieceCount, pieceLength } from "../../core/swarm/identity.ts";
import { type PeerMessage, type Span, SPAN_MAX_BYTES } from "../../core/swarm/peer_messages.ts";
import type { PieceMap } from "../../core/swarm/piece_map.ts";
import type { PieceProof } from "../../core/swarm/piece_proof.ts";
import type { Assembly } from "./assembly.ts";
import { missed } from "./deadlines.ts";
import type { In, Out, Reason } from "./events.ts";
import { Fetcher, type Request } from "./fetching.ts";
import { learn, learnAll, shareOut, toldOf, unlearn, verifiedBytes } from "./holdings.ts";
import { LayerPages } from "./layer_pages.ts";
import { type ConnectionId, Departed, Remote, type RemoteInfo } from "./remote.ts";
import { judgeRequest, layerFor, mayHaveLeaves } from "./requests.ts";
import type { TransferOptions } from "./transfer_options.ts";

/** Refused requests and false claims that are put up with. */
const REJECTS_MAX = 3;
/** Payload that nobody asked for and is put up with. */
const UNWANTED_MAX_BYTES = 2 * SPAN_MAX_BYTES;

/** The brain of one file. */
export class Transfer implements Machine<In, Out> {
  readonly shape: FileShape;
  readonly pieces: number;
  readonly held: PieceMap;
  readonly remotes = new Map<ConnectionId, Remote>();
  readonly #options: TransferOptions;
  readonly #fetcher: Fetcher;
  readonly #gone = new Departed();
  readonly #pages: LayerPages;
  #complete: boolean;
  /** Set while nothing may be asked for: the disk is full, or the rate limit says so. */
  paused = false;
  #out: Out[] = [];

  constructor(options: TransferOptions) {
    this.#options = options;
    this.shape = options.shape;
    this.pieces = pieceCount(options.shape);
    this.held = options.held;
    this.#complete = options.held.complete;
    this.#pages = new LayerPages(options.shape);
    this.#fetcher = new Fetcher(options);
    // A file of one piece is verified by its id itself.
    this.#fetcher.layer = options.layer ??
      (this.pieces === 1 ? fromHex(options.shape.id) : undefined);
  }

  get complete(): boolean {
    return this.#complete;
  }

  get layer(): Uint8Array | undefined {
    return this.#fetcher.layer;
  }

  get wastedBytes(): number {
    return this.#fetcher.wastedBytes;
  }

  get verifiedBytes(): number {
    return verifiedBytes(this.shape, this.held);
  }

  /** Peers that want to be served, for the choker. */
  views(nowMs: number): ChokeView[] {
    return [...this.remotes.values()].filter((remote) => remote.interested)
      .map((remote) => remote.view(!this.#complete, nowMs));
  }

  /** Bytes that can be read from a place on: of a piece that is here, or of blocks that are verified. */
  readable(offset: number): number {
    const { pieceBytes } = this.shape;
    const piece = Math.floor(offset / pieceBytes);
    if (!this.held.has(piece)) return this.#fetcher.proven(offset);
    return pieceLength(this.shape, piece) - (offset % pieceBytes);
  }

  /** Copies what is in memory and verified; false when it is not. */
  copy(offset: number, into: Uint8Array): boolean {
    return this.#fetcher.copy(offset, into);
  }

  /** A PIECE begins: where its payload goes; undefined when it is of no use. */
  begins(connection: ConnectionId, span: Span, nowMs: number): Uint8Array | undefined {
    const remote = this.remotes.get(connection);
    if (remote === undefined) return undefined;
    this.progress(connection, nowMs);
    return this.#fetcher.begins(remote, span);
  }

  /** Bytes of a PIECE came. */
  progress(connection: ConnectionId, nowMs: number): void {
    const remote = this.remotes.get(connection);
    if (remote === undefined) return;
    remote.progressMs = nowMs;
    remote.snubbed = false;
  }

  handle(event: In, nowMs: number): readonly Out[] {
    this.#out = [];
    switch (event.kind) {
      case "opened":
        this.#opened(event.remote, nowMs);
        break;
      case "proved":
        this.#proved(event.assembly, event.proof, nowMs);
        if (this.#fetcher.starved) {
          this.#fetcher.starved = false;
          this.#ask(nowMs);
        }
        break;
      case "tick":
        for (const remote of [...this.remotes.values()]) this.#look(remote, nowMs);
        this.#ask(nowMs);
        break;
      case "readers":
        this.#callOff(this.#fetcher.read(event.heads, this.remotes.values()));
        this.#ask(nowMs);
        break;
      case "turn":
        this.#ask(nowMs);
        break;
      default: {
        const remote = this.remotes.get(event.connection);
        if (remote !== undefined) this.#hear(remote, event, nowMs);
      }
    }
    return this.#out;
  }

  #hear(
    remote: Remote,
    event: Extract<In, { readonly connection: ConnectionId }>,
    nowMs: number,
  ): void {
    switch (event.kind) {
      case "gone":
        return this.#forget(remote, nowMs);
      case "message":
        return this.#message(remote, event.message, nowMs);
      case "arrived":
        return this.#arrived(remote, event.span, event.kept, nowMs);
      case "served":
        if (event.ok) remote.up.add(event.span.length, nowMs);
        else this.#send(remote, { kind: "reject", ...event.span });
        return;
      case "slot":
        if (remote.unchoked === event.open) return;
        remote.unchoked = event.open;
        remote.changedMs = nowMs;
        if (!event.open) this.#unserve(remote, undefined);
        return this.#send(remote, { kind: event.open ? "unchoke" : "choke" });
    }
  }

  #opened(info: RemoteInfo, nowMs: number): void {
    const remote = new Remote(info, this.pieces, nowMs);
    this.remotes.set(info.connection, remote);
    this.#shareOut();
    if (this.held.held > 0) this.#send(remote, { kind: "bitfield", bits: this.held.bytes() });
  }

  #message(remote: Remote, message: PeerMessage, nowMs: number): void {
    if (!remote.bucket.take(nowMs)) return this.#drop(remote, "flood", nowMs);
    switch (message.kind) {
      case "bitfield":
        return this.#bitfield(remote, message.bits, nowMs);
      case "have":
        for (const piece of message.pieces) {
          if (piece >= this.pieces) return this.#drop(remote, "malformed", nowMs);
          learn(this.#fetcher, remote, piece);
        }
        return this.#want(remote, nowMs);
      case "choke":
        remote.choked = true;
        this.#fetcher.release(remote, this.remotes.values());
        return this.#ask(nowMs);
      case "unchoke":
        remote.choked = false;
        return void this.#askOf(remote, nowMs);
      case "interested":
      case "not-interested":
        remote.interested = message.kind === "interested";
        if (!remote.interested) this.#unserve(remote, undefined);
        return void this.#out.push({ kind: "choose" });
      case "request":
        return this.#request(remote, message, nowMs);
      case "cancel":
        return this.#unserve(remote, message);
      case "reject":
        return this.#rejected(remote, message, nowMs);
      case "want-layer":
        return this.#say(remote, layerFor(remote, message, this.shape, this.layer), nowMs);
      case "layer":
        return this.#layerPage(remote, message.first, message.hashes, nowMs);
      case "want-leaves": {
        const [{ connection }, { piece }] = [remote.info, message];
        if (piece >= this.pieces) return this.#drop(remote, "malformed", nowMs);
        if (!mayHaveLeaves(remote, piece, this.held, nowMs)) return;
        return void this.#out.push({ kind: "leaves", connection, piece });
      }
      case "leaves":
        return this.#learnLeaves(remote, message.piece, message.hashes, nowMs);
      case "ping":
      case "bye":
        return;
      case "hello":
        return this.#drop(remote, "unexpected", nowMs);
    }
  }

  #bitfield(remote: Remote, bits: Uint8Array, nowMs: number): void {
    if (!learnAll(this.#fetcher, remote, bits)) return this.#drop(remote, "malformed", nowMs);
    if (remote.map.complete) this.#shareOut();
    this.#want(remote, nowMs);
  }

  #shareOut(): void {
    shareOut(this.#fetcher, this.#options.name, this.remotes.values());
  }

  /** Says whether this peer has something to want, and asks for it. */
  #want(remote: Remote, nowMs: number): void {
    const wants = !this.#complete && remote.useful > 0;
    if (wants !== remote.weWant) {
      remote.weWant = wants;
      this.#send(remote, { kind: wants ? "interested" : "not-interested" });
    }
    if (this.#complete && remote.map.complete) return this.#drop(remote, "done", nowMs);
    if (wants) this.#askOf(remote, nowMs);
  }

  /** Asks everybody, where somebody reads in turn: a run of blocks from one peer would come at that peer's rate. */
  #ask(nowMs: number): void {
    const most = this.#fetcher.hasReaders ? 1 : Infinity;
    let asking = [...this.remotes.values()];
    while (asking.length > 0) {
      asking = asking.filter((one) => this.#askOf(one, nowMs, most) >= most);
    }
  }

  /** Asks one peer for `most` spans; returns for how many. */
  #askOf(remote: Remote, nowMs: number, most = Infinity): number {
    if (this.paused || this.#complete) return 0;
    if (this.layer === undefined) {
      for (const page of this.#pages.ask(remote, nowMs)) this.#send(remote, page);
      return 0;
    }
    const leaves = this.#fetcher.wantsLeaves(remote, this.remotes.values(), nowMs);
    if (leaves !== undefined) this.#send(remote, { kind: "want-leaves", piece: leaves });
    const spans = this.#fetcher.next(remote, this.remotes.values(), nowMs, most);
    for (const span of spans) this.#send(remote, { kind: "request", ...span });
    return spans.length;
  }

  #layerPage(remote: Remote, first: number, hashes: Uint8Array, nowMs: number): void {
    const layer = this.#pages.add(remote, first, hashes, nowMs);
    if (layer === undefined) return;
    if (typeof layer === "string") return this.#drop(remote, layer, nowMs);
    this.#fetcher.layer = layer;
    this.#out.push({ kind: "layer", layer });
    this.#ask(nowMs);
  }

  #learnLeaves(remote: Remote, piece: number, hashes: Uint8Array, nowMs: number): void {
    const liars = this.#fetcher.learn(remote, piece, hashes);
    if (liars === "wrong") return this.#drop(remote, "wrong-layer", nowMs);
    this.#expose(liars, nowMs);
    this.#out.push({ kind: "readable" });
    this.#ask(nowMs);
  }

  #arrived(remote: Remote, span: Span, kept: boolean, nowMs: number): void {
    const asked = remote.answer(span);
    remote.down.add(span.length, nowMs);
    if (asked === undefined) {
      remote.excusedBytes -= span.length;
      if (remote.excusedBytes < -UNWANTED_MAX_BYTES) {
        return this.#drop(remote, "unwanted-data", nowMs);
      }
    } else if (asked.alone) {
      remote.rttMs = Math.min(remote.rttMs, Math.max(0.1, nowMs - asked.sentMs));
    }
    const arrival = this.#fetcher.ends(remote, span, kept, this.remotes.values());
    this.#callOff(arrival.cancels);
    this.#expose(arrival.liars, nowMs);
    if (arrival.whole !== undefined) this.#out.push({ kind: "keep", ...arrival.whole });
    if (this.#fetcher.hasReaders) this.#out.push({ kind: "readable" });
    if (this.remotes.has(remote.info.connection)) this.#askOf(remote, nowMs);
  }

  /** Tells peers what they owe no more; what is on its way may still come. */
  #callOff(requests: readonly Request[]): void {
    for (const { remote, span } of requests) this.#send(remote, { kind: "cancel", ...span });
  }

  #proved(assembly: Assembly, proof: PieceProof, nowMs: number): void {
    this.#expose(this.#fetcher.proved(assembly, proof), nowMs);
    if (proof.isRight) this.#kept(assembly.piece);
    else this.#ask(nowMs);
  }

  /** Ends who sent wrong bytes beyond doubt, and names him where he has gone. */
  #expose(liars: Iterable<ConnectionId>, nowMs: number): void {
    for (const connection of liars) {
      const [liar, gone] = [this.remotes.get(connection), this.#gone.get(connection)];
      if (liar !== undefined) this.#drop(liar, "wrong-bytes", nowMs);
      else if (gone !== undefined) {
        this.#out.push({ kind: "accuse", remote: gone, why: "wrong-bytes" });
      }
    }
  }

  /** A piece is on disk: it counts, and everybody hears of it. */
  #kept(piece: number): void {
    if (!this.held.add(piece)) return;
    if (this.held.complete && !this.#complete) {
      this.#complete = true;
      this.#out.push({ kind: "complete" });
    }
    for (const remote of [...this.remotes.values()]) {
      for (const message of toldOf(piece, remote, this.#complete)) this.#send(remote, message);
      if (this.#complete && remote.map.complete) this.#drop(remote, "done", 0);
    }
  }

  #request(remote: Remote, { piece, begin, length }: Span, nowMs: number): void {
    const span = { piece, begin, length };
    switch (judgeRequest(remote, span, this.shape, this.held)) {
      case "malformed":
        return this.#drop(remote, "malformed", nowMs);
      case "reject":
        return this.#send(remote, { kind: "reject", ...span });
      case "serve":
        return void this.#out.push({ kind: "serve", connection: remote.info.connection, span });
    }
  }

  #rejected(remote: Remote, span: Span, nowMs: number): void {
    if (span.piece >= this.pieces) return this.#drop(remote, "malformed", nowMs);
    if (!remote.waitsFor(span)) return;
    this.#fetcher.refuse(remote, span, this.remotes.values());
    unlearn(this.#fetcher, remote, span.piece);
    if (++remote.rejects > REJECTS_MAX) return this.#drop(remote, "false-claims", nowMs);
    this.#ask(nowMs);
  }

  /** Deadlines of one peer. */
  #look(remote: Remote, nowMs: number): void {
    const what = missed(remote, this.#options.requestTimeoutMs, nowMs);
    if (what === undefined) return;
    if (what !== "silent") return this.#drop(remote, what, nowMs);
    // What it owes goes to others; it keeps its place for one more chance.
    for (const span of remote.asked.values()) this.#send(remote, { kind: "cancel", ...span });
    const { progressMs } = remote;
    this.#fetcher.release(remote, this.remotes.values());
    remote.snubbed = true;
    this.#askOf(remote, nowMs);
    remote.progressMs = progressMs;
  }

  #unserve(remote: Remote, span: Span | undefined): void {
    this.#out.push({ kind: "unserve", connection: remote.info.connection, span });
  }

  #drop(remote: Remote, why: Reason, nowMs: number): void {
    if (!this.remotes.has(remote.info.connection)) return;
    const bye = why === "done" ? "not-needed" : why === "wrong-bytes" ? "banned" : undefined;
    this.#out.push({ kind: "drop", connection: remote.info.connection, why, bye });
    this.#forget(remote, nowMs);
  }

  #forget(remote: Remote, nowMs: number): void {
    const { connection } = remote.info;
    if (!this.remotes.delete(connection)) return;
    this.#gone.add(remote.info);
    this.#shareOut();
    if (this.#pages.from === connection) this.#pages.from = undefined;
    this.#fetcher.release(remote, this.remotes.values());
    for (let piece = 0; piece < this.pieces; piece++) {
      if (remote.map.has(piece)) this.#fetcher.countCopy(piece, -1);
    }
    this.#unserve(remote, undefined);
    this.#out.push({ kind: "choose" });
    this.#ask(nowMs);
  }

  /** Sends an answer, or ends who may have none. */
  #say(remote: Remote, answer: PeerMessage | Reason | undefined, nowMs: number): void {
    if (typeof answer === "string") this.#drop(remote, answer, nowMs);
    else if (answer !== undefined) this.#send(remote, answer);
  }

  #send(remote: Remote, message: PeerMessage): void {
    this.#out.push({ kind: "send", connection: remote.info.connection, message });
  }
}
