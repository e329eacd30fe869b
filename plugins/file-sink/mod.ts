import { definePlugin } from "../../core/define.ts";
import { PortError, type WriteHandle } from "../../core/ports.ts";
import type { SessionInfo } from "../../core/slots.ts";
import { config } from "./config.ts";
import { recordingName } from "./names.ts";
import { Recorder, type Target } from "./recorder.ts";

/** Records streams: payload bytes in order, as they are. */
export default definePlugin({
  name: "file-sink",
  slot: "sink",
  summary: "Records each session into a file, byte for byte as it came from the origin.",
  needs: [],
  config,
  create(ctx, options) {
    const recordings = new Set<{ readonly file: string; close(): Promise<void> }>();
    const labels = { sink: ctx.id };
    const counters = {
      droppedBytes: ctx.metrics.counter(
        "sink_file_dropped_bytes_total",
        "Bytes that could not be recorded.",
        labels,
      ),
      writeErrors: ctx.metrics.counter(
        "sink_file_errors_total",
        "Times that a recording could not be opened or written.",
        labels,
      ),
    };

    const modeFor = (exists: boolean, again: boolean): "create" | "truncate" | "append" => {
      // `create` follows no link, not even one that leads nowhere yet.
      if (!exists) return "create";
      if (again || options.append) return "append";
      return options.overwrite ? "truncate" : "create";
    };

    const openFile = async (path: string, again: boolean): Promise<WriteHandle> => {
      const known = await ctx.files.stat(path);
      return await ctx.files.openWrite(path, modeFor(known !== undefined, again));
    };

    /** A link that lies in the folder must not lead a recording out of it. */
    const openInFolder = async (name: string, again: boolean): Promise<WriteHandle> => {
      await ctx.files.makeFolder(options.folder);
      const folder = await ctx.files.realPath(options.folder);
      const path = `${folder}/${name}`;
      const known = await ctx.files.stat(path);
      if (known !== undefined && known.path !== path) {
        throw new PortError("exists", `Cannot record ${path}: a link is in its place`);
      }
      return await ctx.files.openWrite(path, modeFor(known !== undefined, again));
    };

    const targetFor = (session: SessionInfo): Target => {
      const { path } = options;
      const name = path ??
        `${options.folder}/${recordingName(options.name, session, ctx.clock.wall())}`;
      for (const { file } of recordings) {
        if (file !== name) continue;
        const why = `Cannot record ${name}: another session is recorded there`;
        return { name, open: () => Promise.reject(new PortError("exists", why)) };
      }
      if (path !== undefined) return { name, open: (again) => openFile(path, again) };
      const base = name.slice(options.folder.length + 1);
      return { name, open: (again) => openInFolder(base, again) };
    };

    return {
      pace: "asap",
      wants: ({ session }) => options.sessions?.includes(session),
      // Recordings under way go on as they began.
      reconfigure(next) {
        options = next;
        return true;
      },
      start() {},
      async stop() {
        const results = await Promise.allSettled([...recordings].map((one) => one.close()));
        for (const one of results) {
          if (one.status === "rejected") ctx.log.error(String(one.reason));
        }
      },
      open(session) {
        const target = targetFor(session);
        const recorder = new Recorder(ctx, target, options.queue, counters);
        const fields = { session: session.session, stream: session.stream, file: target.name };
        ctx.log.info("recording", fields);
        ctx.events.emit("recording-started", fields);
        let closing: Promise<void> | undefined;
        const close = () =>
          closing ??= recorder.close().finally(() => {
            recordings.delete(recording);
            const { bytes, lost, trouble } = recorder.status();
            ctx.events.emit("recording-stopped", { ...fields, bytes, lost, trouble });
          });
        const recording = { file: target.name, close };
        recordings.add(recording);
        return {
          push: (chunks) => recorder.push(chunks),
          onEnd: (fn) => recorder.onEnd(fn),
          close,
          status: () => recorder.status(),
        };
      },
    };
  },
});
