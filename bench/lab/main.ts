/** The lab as a process: orders come as JSON lines on standard input, an answer goes out for each. */
import { Lab } from "./lab.ts";
import type { LinkSettings } from "../../core/link_model.ts";

/** What the lab is told. */
export type LabOrder =
  | { readonly kind: "host"; readonly name: string }
  | {
    readonly kind: "set";
    readonly from: string;
    readonly to: string;
    readonly settings: Partial<LinkSettings>;
  }
  | { readonly kind: "totals"; readonly from: string; readonly to: string }
  | { readonly kind: "reset" };

async function obey(lab: Lab, order: LabOrder): Promise<unknown> {
  if (order.kind === "host") {
    await lab.addHost(order.name);
    return { address: lab.address(order.name), command: lab.command(order.name, []) };
  }
  if (order.kind === "set") lab.set(order.from, order.to, order.settings);
  if (order.kind === "reset") lab.reset();
  return order.kind === "totals" ? lab.totals(order.from, order.to) : {};
}

if (import.meta.main) {
  const lab = new Lab(Number(Deno.args[0] ?? 1));
  let rest = "";
  const reader = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  for await (const part of reader) {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      try {
        console.log(JSON.stringify({ answer: await obey(lab, JSON.parse(line)) }));
      } catch (error) {
        console.log(
          JSON.stringify({ error: error instanceof Error ? error.message : String(error) }),
        );
      }
    }
  }
  await lab[Symbol.asyncDispose]();
  // Reads that wait in the kernel keep the process; the devices are gone with their namespaces.
  Deno.exit(0);
}
