/** X displays without a person before them. */
import { until } from "../../cli/fleet.ts";

/** A free X display of our own, gone at the end whatever happens. */
export async function withDisplay(fn: (display: string) => Promise<void>): Promise<void> {
  const number = 50 + Math.floor(Math.random() * 400);
  const display = `:${number}`;
  const server = new Deno.Command("Xvfb", {
    args: [display, "-screen", "0", "800x600x24", "-nolisten", "tcp"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await until("Xvfb", () => {
      try {
        return Deno.statSync(`/tmp/.X11-unix/X${number}`).isSocket !== false;
      } catch {
        return false;
      }
    });
    await fn(display);
  } finally {
    server.kill("SIGTERM");
    await server.status;
  }
}
