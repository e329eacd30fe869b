/** What the operating system says of processes and of the machine. */

/** Kernel ticks a second of `/proc/PID/stat`. */
const TICKS = 100;

/** Processor seconds of a whole process so far, all threads, user and system. */
export function cpuSeconds(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Resident megabytes of a process. */
export function residentMb(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** Datagrams that the socket of a port could not hold. */
export function socketDrops(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  for (const line of Deno.readTextFileSync("/proc/net/udp").split("\n")) {
    const fields = line.trim().split(/\s+/);
    if (fields[1]?.endsWith(`:${hex}`)) return Number(fields.at(-1));
  }
  return 0;
}

/** Whether a program can be started by name. */
export async function installed(program: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", `command -v ${program}`],
    stdout: "null",
  }).output();
  return success;
}

/** The machine in one line; `BENCH_NOTE` says what else is to be known of it. */
export function machine(): string {
  const model = /model name\s*:\s*(.*)/.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ??
    "unknown processor";
  const { total } = Deno.systemMemoryInfo();
  const gigabytes = Math.round(total / 2 ** 30);
  return `${navigator.hardwareConcurrency} cores of ${model} (${Deno.build.arch}), ${gigabytes} GB, ` +
    `Linux ${Deno.osRelease()}, Deno ${Deno.version.deno}${Deno.env.get("BENCH_NOTE") ?? ""}`;
}
