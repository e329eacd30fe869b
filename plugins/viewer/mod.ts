import { z } from "zod";
import { adminRoute, checkConfig, definePlugin } from "../../core/define.ts";
import { type AdminRoute, UserError } from "../../core/plugin.ts";
import { SinkDemand } from "../../core/sink_demand.ts";
import { sessionAnswer } from "../../core/answers.ts";
import type { Candidates } from "../../core/slots.ts";
import { config, sessionConfig } from "./config.ts";
import { SessionBook } from "./sessions.ts";

/** Opening and ending sessions at run time. */
function sessionRoutes(sessions: SessionBook): AdminRoute[] {
  return [
    adminRoute({
      method: "post",
      path: "/sessions",
      summary: "Opens a session.",
      body: sessionConfig,
      answer: sessionAnswer,
      status: 201,
      handle: async ({ body, sent }) => (await sessions.open(body, sent)).status(),
    }),
    adminRoute({
      method: "delete",
      path: "/sessions/:id",
      summary: "Ends a session; its sinks are flushed.",
      params: z.object({ id: z.string().describe("The session's name.") }),
      answer: z.object({ ended: z.string() }),
      handle: async ({ params: { id } }) => {
        if (!await sessions.close(id)) {
          throw new UserError("not-found", `Cannot end session "${id}": there is none`);
        }
        return { ended: id };
      },
    }),
  ];
}

/** Watches streams: picks the POP by plugin, joins there, plays into its sinks. */
export default definePlugin({
  name: "viewer",
  slot: "role",
  summary: "Picks the closest POP, joins streams there and plays them into its sinks.",
  needs: ["control", "membership", "catalog", "exchange", "datapath", "pop", "sink"],
  brings: ["observer"],
  config,
  create(ctx, options) {
    const [pop, membership] = [ctx.use("pop"), ctx.use("membership")];
    const sinks = ctx.all("sink");
    const candidates: Candidates = {
      list: () =>
        pop.ranked().map(({ pop: { peer }, score }) => ({ peer, cost: score, path: [peer.name] })),
      onChange: (fn) => pop.onChange(fn),
      distrust: (name) => pop.distrust(name),
      seek: () => membership.refresh(),
    };
    const sessions = new SessionBook(
      {
        datapath: ctx.use("datapath"),
        exchange: ctx.use("exchange"),
        candidates,
        log: ctx.log,
        events: ctx.events,
      },
      sinks,
      () => {
        if (options.whenDone === "exit") ctx.finish("every session ended");
      },
    );
    const demand = new SinkDemand(sinks, ctx.log, async (stream, sink, id) => {
      const wanted = checkConfig(sessionConfig, { stream, id, sinks: [sink] });
      const session = await sessions.open(wanted);
      return {
        close: async () => {
          if (sessions.list().includes(session)) await sessions.close(session.id);
          else await session.close();
        },
      };
    });
    let watching: Disposable | undefined;
    const closeAll = async () => {
      watching?.[Symbol.dispose]();
      watching = undefined;
      await demand.stop();
      await sessions.closeAll();
    };
    return {
      admin: sessionRoutes(sessions),
      async start() {
        watching = sinks.onChange(() => sessions.sinksChanged());
        await sessions.begin(options.sessions);
        demand.start();
      },
      async reconfigure(next) {
        await sessions.change(options.sessions, next.sessions);
        options = next;
        return true;
      },
      options: () => sessions.written(options.sessions),
      hinders: (id) => id === ctx.id ? sessions.playing() : undefined,
      drain: closeAll,
      stop: closeAll,
      status: () => ({ sessions: sessions.list().map((one) => one.status()) }),
    };
  },
});
