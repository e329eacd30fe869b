/**
 * Many readers of one endless stream, in a process of their own: prints what each got as JSON.
 * `readers.ts PORT PATH COUNT SECONDS`.
 */

/** What one reader got. */
export interface ReaderResult {
  readonly bytes: number;
  /** Longest time without bytes, once they flowed. */
  readonly pauseMs: number;
}

async function read(
  port: number,
  path: string,
  untilMs: number,
): Promise<ReaderResult> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(64 * 1024);
  let bytes = 0;
  let pauseMs = 0;
  let last = performance.now();
  while (performance.now() < untilMs) {
    const count = await connection.read(buffer);
    if (count === null) break;
    const now = performance.now();
    if (bytes > 0) pauseMs = Math.max(pauseMs, now - last);
    last = now;
    bytes += count;
  }
  connection.close();
  return { bytes, pauseMs };
}

if (import.meta.main) {
  const [port, path = "", count, seconds] = Deno.args;
  const untilMs = performance.now() + Number(seconds) * 1000;
  const readers = Array.from({ length: Number(count) }, () => read(Number(port), path, untilMs));
  console.log(JSON.stringify(await Promise.all(readers)));
}
