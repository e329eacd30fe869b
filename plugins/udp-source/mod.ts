import { Alarm } from "../../core/alarm.ts";
import { definePlugin } from "../../core/define.ts";
import { addrKey } from "../../core/ids.ts";
import { isMulticast } from "../../core/multicast.ts";
import type { UdpSocket } from "../../core/ports.ts";
import type { SourceOutput } from "../../core/slots.ts";
import { config } from "./config.ts";
import { Intake, type IntakeEvent } from "./protocol.ts";

/** Takes a live stream from any encoder: MPEG-TS in UDP or in RTP, unicast or multicast. */
export default definePlugin({
  name: "udp-source",
  slot: "source",
  summary: "Live input from any encoder: MPEG-TS in UDP or in RTP, unicast or multicast.",
  needs: [],
  config,
  create(ctx, options) {
    const intake = new Intake({
      from: options.from,
      silenceMs: options.silence,
      reorderMs: options.reorder,
    });
    const outputs = new Set<SourceOutput>();
    let socket: UdpSocket | undefined;
    let held: Disposable[] = [];

    const handle = (event: IntakeEvent) => {
      const now = ctx.clock.now();
      for (const effect of intake.handle(event, now)) {
        if (effect.kind === "push") {
          for (const output of outputs) output.push(effect.bytes, now);
        } else if (effect.kind === "sender") {
          ctx.log.info("input begins", { sender: effect.sender, before: effect.before });
        } else {
          ctx.log.warn("no input", { sender: intake.sender, forMs: options.silence });
        }
      }
      const deadline = intake.deadlineMs() ?? Infinity;
      // A later deadline is found when the alarm rings: no timer is touched per packet.
      if (deadline < armedMs) alarm.set(armedMs = deadline);
    };
    let armedMs = Infinity;
    const alarm = new Alarm(ctx.clock, () => {
      armedMs = Infinity;
      handle({ kind: "tick" });
    });

    return {
      async start() {
        const { listen } = options;
        const group = isMulticast(listen.host);
        const bind = group ? { host: options.interface, port: listen.port } : listen;
        socket = await ctx.net.udp(bind, {
          plane: "source",
          ...(group ? { multicast: { group: listen.host }, reuseAddress: true } : {}),
        });
        held = [
          socket.onPacket((from, bytes) => handle({ kind: "packet", from, bytes })),
          ctx.metrics.collect(
            "source_input_total",
            "counter",
            "Datagrams from the encoder by what became of them.",
            () =>
              (["packets", "bad", "foreign", "lost", "stale", "reordered"] as const).map((
                what,
              ) => ({
                labels: { plugin: ctx.id, what },
                value: intake.counters[what],
              })),
          ),
        ];
        ctx.log.info("waiting for input", {
          at: addrKey(group ? listen : socket.local),
          stream: options.name,
        });
      },
      async stop() {
        alarm[Symbol.dispose]();
        for (const one of held.splice(0)) one[Symbol.dispose]();
        outputs.clear();
        const closing = socket;
        socket = undefined;
        await closing?.[Symbol.asyncDispose]();
      },
      streams: () => [{
        name: options.name,
        title: options.title ?? options.name,
        bitrate: undefined,
        start: "always",
      }],
      onChange: () => ({ [Symbol.dispose]() {} }),
      open(_name, output) {
        outputs.add(output);
        return {
          [Symbol.asyncDispose]() {
            outputs.delete(output);
            return Promise.resolve();
          },
        };
      },
      admin: [{
        method: "get",
        path: `/sources/${ctx.id}`,
        summary: "The sender that is heard, and what came in.",
        handle: () => ({
          listen: socket === undefined ? undefined : addrKey(socket.local),
          sender: intake.sender,
          silent: intake.isSilent,
          ...intake.counters,
        }),
      }],
    };
  },
});
