/** What the admin endpoint asks of a node's steering. */
import { z } from "zod";
import { recordingAnswer, sessionAnswer } from "../core/answers.ts";
import type { RootLog } from "../core/host/log.ts";
import type { RecordingInput, SteeringView } from "../core/host/steering_routes.ts";
import type { Kernel } from "../core/kernel.ts";
import { takesMany } from "../core/plan.ts";
import { UserError } from "../core/plugin.ts";
import { recorder } from "../plugins/registry.ts";
import type { Steering } from "./steering.ts";

/** What a session's status says of a sink that records. */
const recordingSink = recordingAnswer.omit({ session: true, stream: true });
const session = sessionAnswer.pick({ session: true, stream: true, ended: true })
  .extend({ sinks: z.array(z.unknown()) });

/** Steering, as the endpoint's routes want it. */
export function steeringView(
  steering: Steering,
  kernel: Kernel,
  log: RootLog,
  sessions: () => readonly unknown[],
): SteeringView {
  const known = () => sessions().flatMap((one) => session.safeParse(one).data ?? []);

  const record = async ({ session: name, id: wanted, ...options }: RecordingInput) => {
    if (!known().some((one) => one.session === name && !one.ended)) {
      const names = known().filter((one) => !one.ended).map((one) => one.session).join(", ");
      throw new UserError(
        "session-not-found",
        `Cannot record "${name}": no such session plays (known: ${names || "none"})`,
      );
    }
    const id = wanted ?? `rec-${name}`.slice(0, 64);
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const entry = { use: recorder, id, with: { sessions: [name], ...Object.fromEntries(given) } };
    return { id, ...await steering.add(entry, false) };
  };
  const stopRecording = async (id: string) => {
    const it = kernel.describe().find((one) => one.id === id);
    if (it?.name !== recorder) {
      throw new UserError("not-found", `Cannot end recording "${id}": there is none`);
    }
    return await steering.remove(id, true);
  };
  return {
    builtins: () =>
      [...new Set(steering.plugins.values())].map(({ name, slot, summary, config }) => ({
        name,
        slot,
        summary,
        many: takesMany(slot),
        options: z.toJSONSchema(config, { io: "input", unrepresentable: "any" }),
      })),
    add: (entry, force) => steering.add(entry, force),
    put: (key, entry, force) => steering.put(key, entry, force),
    patch: (key, options, force) => steering.patch(key, options, force),
    remove: (key, force) => steering.remove(key, force),
    recordings: () =>
      known().flatMap(({ session, stream, sinks }) =>
        sinks.flatMap((sink) => {
          const recording = recordingSink.safeParse(sink).data;
          return recording === undefined ? [] : [{ ...recording, session, stream }];
        })
      ),
    record,
    stopRecording,
    level: () => ({ level: log.level }),
    setLevel: (level) => steering.setLevel(level),
    reload: (force) => steering.reload(force),
    save: (force) => steering.save(force),
  };
}
