/** Drives a lab in another process. */
import type { LinkSettings } from "../../core/link_model.ts";
import type { LinkTotals } from "./lab.ts";
import type { LabOrder } from "./main.ts";

/** A lab in a process of its own; disposing removes its namespaces. */
export class LabProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: AsyncIterator<string>;
  readonly #commands = new Map<string, readonly string[]>();
  readonly #addresses = new Map<string, string>();

  constructor(seed: number) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", new URL("main.ts", import.meta.url).pathname, String(seed)],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#answers = lines(this.#child.stdout)[Symbol.asyncIterator]();
  }

  /** Its process. */
  get pid(): number {
    return this.#child.pid;
  }

  async addHost(name: string): Promise<void> {
    const { address, command } = await this.#order<{ address: string; command: string[] }>({
      kind: "host",
      name,
    });
    this.#addresses.set(name, address);
    this.#commands.set(name, command);
  }

  address(name: string): string {
    return this.#addresses.get(name) ?? "";
  }

  /** The argument vector that runs a program in a host. */
  command(host: string, argv: readonly string[]): string[] {
    return [...this.#commands.get(host) ?? [], ...argv];
  }

  async set(from: string, to: string, settings: Partial<LinkSettings>): Promise<void> {
    await this.#order({ kind: "set", from, to, settings });
  }

  /** Both directions alike. */
  async link(a: string, b: string, settings: Partial<LinkSettings>): Promise<void> {
    await this.set(a, b, settings);
    await this.set(b, a, settings);
  }

  async totals(from: string, to: string): Promise<LinkTotals> {
    return await this.#order<LinkTotals>({ kind: "totals", from, to });
  }

  async reset(): Promise<void> {
    await this.#order({ kind: "reset" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#child.status;
  }

  async #order<T>(order: LabOrder): Promise<T> {
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`));
    const { value, done } = await this.#answers.next();
    if (done) throw new Error("Cannot drive the lab: its process ended");
    const { answer, error } = JSON.parse(value);
    if (error !== undefined) throw new Error(error);
    return answer;
  }
}

/** A stream of text, line by line. */
export async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
