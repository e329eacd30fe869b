/** Whole networks between other people's tools: RIST in and out, RTP players, packet analysis. */
import { until } from "../../cli/fleet.ts";
import { numberedStream } from "./clips.ts";
import { needing, withNet } from "./net.ts";
import { arrivesWhole, Ear, evenPorts, Feeder, Tool } from "./tools.ts";

const RATE = 3_000_000;
const LINE = { o: ["r1"], r1: ["r2"], r2: ["v"] };

/** A relay whose media is lost on its way out. */
const lossy = (loss: string) => [{
  use: "chaos",
  with: { seed: 5, rules: [{ id: "lossy", direction: "out", planes: ["media"], loss }] },
}];

Deno.test({
  ...needing(
    ["ristsender", "ristreceiver"],
    "ristsender, origin, two relays that lose 5 % each, viewer, ristreceiver: output equals input",
  ),
  async fn() {
    const [listen, to] = [evenPorts(3), evenPorts(3)];
    await withNet({ neighbors: LINE }, async (net) => {
      net.bootstrap();
      net.origin("o", [{ use: "rist-source", with: { listen: `127.0.0.1:${listen}` } }]);
      net.relay("r1", {}, lossy("5%"));
      net.pop("r2", {}, lossy("5%"));
      await net.ready();
      await using ear = new Ear(to + 2);
      await using receiver = new Tool("ristreceiver", [
        ...["-p", "0", "-S", "0"],
        ...["-i", `rist://@127.0.0.1:${to}`, "-o", `udp://127.0.0.1:${ear.port}`],
      ]);
      await receiver.printed(/starting/i);
      await using sender = new Tool("ristsender", [
        ...["-p", "0", "-S", "0"],
        ...["-i", `udp://@127.0.0.1:${listen + 2}`, "-o", `rist://127.0.0.1:${listen}`],
      ]);
      await sender.printed(/reconnected|authenticated/i);
      await using feeder = Feeder.toPort(listen + 2, RATE);
      net.viewer("v", [{ stream: "o/rist" }], [
        { use: "rist-sink", with: { to: `127.0.0.1:${to}` } },
      ]);
      await until("media to flow", () => ear.pieces.length > 50, 30_000);
      const stream = numberedStream(5, 10, RATE);
      await feeder.play(stream);
      await arrivesWhole("ristreceiver's output", ear.pieces, stream, 20_000);
    });
  },
});
