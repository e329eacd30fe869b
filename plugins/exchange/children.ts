/** The parent's side on ports: answers children and starts and stops their media. */
import type { StreamName } from "../../core/ids.ts";
import type { Clock, Events, Log } from "../../core/ports.ts";
import type { Catalog, Control, Datapath } from "../../core/slots.ts";
import type { MessageBody } from "../../core/wire/messages.ts";
import { Pump } from "./pump.ts";
import { Serving } from "./serving.ts";
import type { Child, ServingIn, ServingOptions, ServingOut } from "./serving_events.ts";
import type { Stats } from "./stats.ts";

/** What serving needs of its node. */
export interface ChildrenNeeds {
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Pick<Events, "emit">;
  readonly control: Control;
  readonly catalog: Catalog;
  readonly datapath: Datapath;
  readonly stats: Stats;
  /** More or fewer want this stream. */
  readonly onInterest: (stream: StreamName) => void;
  readonly onChange: () => void;
}

/** The node's media port, where all children are served from. */
const MEDIA_SOCKET = 0;
/** How long ENDED is repeated. */
const ENDED_MS = 2000;
/** Names of other POPs in a refusal, at most (the message's own limit). */
const HINTS_MAX = 4;

/** All children. */
export class Children {
  readonly machine: Serving;
  readonly #pump: Pump<ServingIn, ServingOut>;
  readonly #requests = new Map<string, Disposable>();

  constructor(readonly options: ServingOptions, readonly needs: ChildrenNeeds) {
    this.machine = new Serving(options);
    this.#pump = new Pump(
      needs.clock,
      this.machine,
      () => ({ kind: "tick" }),
      (out) => this.#run(out),
    );
  }

  feed(event: ServingIn): void {
    this.#pump.feed(event);
  }

  stop(): void {
    this.#pump.feed({ kind: "stop" });
    this.#pump.stop();
    for (const request of this.#requests.values()) request[Symbol.dispose]();
    this.#requests.clear();
  }

  #run(out: ServingOut): void {
    const { control, stats } = this.needs;
    switch (out.kind) {
      case "serve":
        return this.#serve(out);
      case "refuse": {
        stats.refusedChild(out.reason);
        const { message, reason, retryMs } = out;
        const { stream, session } = message.body;
        const hints = reason === "busy" || reason === "leaving" ? this.#hints(message.from) : [];
        this.#tell("refused", { name: message.from, stream, session }, reason);
        return control.reply(message, "REFUSED", { stream, session, reason, retryMs, hints });
      }
      case "pending": {
        const { stream, session } = out.message.body;
        return control.reply(out.message, "PENDING", { stream, session, retryMs: out.retryMs });
      }
      case "unserve":
        return this.#unserve(out.child, out.why);
      case "move": {
        stats.moves.add();
        const { name, control: address, stream, session } = out.child;
        const hints = this.#hints(name);
        const body = { stream, session, reason: out.reason, hints };
        return control.send({ name, control: address }, "MOVE", body);
      }
      case "ended":
        return this.#sayEnded(out);
      case "interest":
        return this.needs.onInterest(out.stream);
      case "rate":
        return this.needs.onChange();
      case "count":
        if (out.what === "lease") stats.leasesExpired.add();
        else if (out.what === "struggling") stats.struggles.add();
        else stats.tableFull.add();
    }
  }

  #tell(
    kind: "child-joined" | "child-left" | "refused",
    child: Pick<Child, "name" | "stream" | "session">,
    why?: string,
  ): void {
    const { stream, session, name } = child;
    this.needs.events.emit(kind, { stream, child: name, session, why });
  }

  #serve(out: Extract<ServingOut, { kind: "serve" }>): void {
    const { datapath, log, stats } = this.needs;
    const { child } = out;
    if (child.link === undefined) {
      child.link = datapath.link(MEDIA_SOCKET, child.media);
      stats.childrenJoined.add();
      log.info("child joined", { stream: child.stream, child: child.name, from: out.from });
      this.#tell("child-joined", child);
      this.needs.onChange();
    }
    const { ssrc, link } = child;
    // The media of one that renews flows already.
    const renews = !out.fresh && out.answer?.body.renew === true;
    if (renews && child.first !== undefined) return this.#joined(out, child.first);
    datapath.addChild(ssrc, link, out.from, (sent) => {
      if (!this.machine.serves(child) || child.ssrc !== ssrc) return;
      // Whoever asks again because the answer was lost gets that answer, not where the media is now.
      child.first = out.fresh ? sent : child.first ?? sent;
      this.#joined(out, child.first);
    });
  }

  #joined({ child, path, answer }: Extract<ServingOut, { kind: "serve" }>, first: number): void {
    const { control } = this.needs;
    const { stream, session, ssrc, leaseMs } = child;
    const body: MessageBody<"JOINED"> = { stream, session, ssrc, first, path: [...path], leaseMs };
    if (answer !== undefined) control.reply(answer, "JOINED", body);
    else control.send({ name: child.name, control: child.control }, "JOINED", body);
  }

  #unserve(child: Child, why: string): void {
    const { datapath, log, stats } = this.needs;
    stats.childrenGone.add();
    log.info("child gone", { stream: child.stream, child: child.name, why });
    this.#tell("child-left", child, why);
    if (child.link !== undefined && !this.machine.sharesLink(child)) {
      datapath.command({ kind: "child-gone", ssrc: child.ssrc, link: child.link });
    }
    this.needs.onChange();
  }

  #sayEnded(out: Extract<ServingOut, { kind: "ended" }>): void {
    const { key, name, control: address, stream, session } = out.child;
    if (this.#requests.has(key)) return;
    const body = { stream, session, ssrc: out.ssrc, last: out.last };
    const to = { name, control: address };
    const done = () => void this.#requests.delete(key);
    this.#requests.set(key, { [Symbol.dispose]() {} });
    const options = { timeoutMs: ENDED_MS };
    const request = this.needs.control.request(to, "ENDED", body, options, done);
    if (this.#requests.has(key)) this.#requests.set(key, request);
  }

  /** Other open POPs, those with most room first. */
  #hints(not: string): MessageBody<"REFUSED">["hints"] {
    return this.needs.catalog.pops()
      .filter(({ peer, closed }) => !closed && peer.name !== not && peer.name !== this.options.self)
      .sort((a, b) => a.children / a.maxChildren - b.children / b.maxChildren)
      .slice(0, HINTS_MAX)
      .map(({ peer }) => peer.name);
  }
}
