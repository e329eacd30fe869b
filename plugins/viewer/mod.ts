import { definePlugin } from "../../core/define.ts";
import type { AdminRoute } from "../../core/plugin.ts";
import { UserError } from "../../core/plugin.ts";
import { checkConfig } from "../../core/define.ts";
import { SinkDemand } from "../../core/sink_demand.ts";
import { StreamSession } from "../../core/sink_session.ts";
import type { Candidates } from "../../core/slots.ts";
import { config, type SessionConfig, sessionConfig } from "./config.ts";

/** Watches streams: picks the POP by plugin, joins there, plays into its sinks. */
export default definePlugin({
  name: "viewer",
  slot: "role",
  summary: "Picks the closest POP, joins streams there and plays them into its sinks.",
  needs: ["control", "membership", "catalog", "exchange", "datapath", "pop", "sink"],
  brings: ["observer"],
  config,
  create(ctx, options) {
    const [pop, membership, exchange] = [
      ctx.use("pop"),
      ctx.use("membership"),
      ctx.use("exchange"),
    ];
    const datapath = ctx.use("datapath");
    const sinks = ctx.all("sink");
    const sessions = new Map<string, StreamSession>();
    let stopping = false;

    const candidates: Candidates = {
      list: () =>
        pop.ranked().map(({ pop: { peer }, score }) => ({ peer, cost: score, path: [peer.name] })),
      onChange: (fn) => pop.onChange(fn),
      distrust: (name) => pop.distrust(name),
      seek: () => membership.refresh(),
    };

    const idFor = (wanted: SessionConfig): string => {
      const base = wanted.id ?? wanted.stream.replace("/", "-").slice(0, 56);
      if (!sessions.has(base)) return base;
      if (wanted.id !== undefined) {
        throw new UserError("session-exists", `Cannot open session "${base}": it is there already`);
      }
      for (let n = 2;; n++) if (!sessions.has(`${base}-${n}`)) return `${base}-${n}`;
    };
    const sinksFor = (wanted: SessionConfig) => {
      const known = sinks.list();
      for (const id of wanted.sinks ?? []) {
        if (sinks.get(id) !== undefined) continue;
        const names = known.map((one) => one.id).join(", ") || "none";
        throw new UserError(
          "unknown-sink",
          `Cannot open a session on ${wanted.stream}: no sink "${id}" here (known: ${names})`,
        );
      }
      return known.filter(({ id }) => wanted.sinks?.includes(id) ?? true);
    };
    const openSession = async (wanted: SessionConfig): Promise<StreamSession> => {
      const id = idFor(wanted);
      const session = new StreamSession(id, wanted, sinksFor(wanted), {
        datapath,
        exchange,
        candidates,
        log: ctx.log,
        events: ctx.events,
        onEnded: () => {
          if (stopping || options.whenDone !== "exit") return;
          if ([...sessions.values()].every((one) => one.ended)) ctx.finish("every session ended");
        },
      });
      sessions.set(id, session);
      try {
        await session.open();
      } catch (error) {
        sessions.delete(id);
        await session.close();
        throw error;
      }
      return session;
    };
    const demand = new SinkDemand(sinks, ctx.log, async (stream, sink, id) => {
      const session = await openSession(checkConfig(sessionConfig, { stream, id, sinks: [sink] }));
      return { close: () => endSession(session) };
    });
    const endSession = async (session: StreamSession) => {
      if (sessions.get(session.id) === session) sessions.delete(session.id);
      await session.close();
    };
    const closeAll = async () => {
      stopping = true;
      await demand.stop();
      await Promise.all([...sessions.values()].map((session) => session.close()));
      sessions.clear();
    };

    const admin: AdminRoute[] = [
      {
        method: "post",
        path: "/sessions",
        summary: "Opens a session: {stream, id?, sinks?, budget?, pace?}.",
        handle: async ({ body }) => (await openSession(checkConfig(sessionConfig, body))).status(),
      },
      {
        method: "delete",
        path: "/sessions/:id",
        summary: "Ends a session.",
        handle: async ({ params }) => {
          const session = sessions.get(params.id ?? "");
          if (session === undefined) {
            throw new UserError("not-found", `Cannot end session "${params.id}": there is none`);
          }
          await endSession(session);
          return { ended: session.id };
        },
      },
    ];

    return {
      admin,
      async start() {
        stopping = false;
        for (const wanted of options.sessions) await openSession(wanted);
        demand.start();
      },
      drain: closeAll,
      stop: closeAll,
      status: () => ({ sessions: [...sessions.values()].map((one) => one.status()) }),
    };
  },
});
