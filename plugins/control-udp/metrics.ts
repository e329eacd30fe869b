/** Offers the brain's counters; they are read only when somebody asks. */
import type { Metrics, Sample } from "../../core/ports.ts";
import type { ControlBrain } from "./protocol.ts";

function samples(
  label: string,
  values: Readonly<Record<string, number>>,
  more: Readonly<Record<string, string>> = {},
): Sample[] {
  return Object.entries(values).map(([key, value]) => ({
    labels: { ...more, [label]: key },
    value,
  }));
}

/** Registers everything; dispose what it returns when the brain goes. */
export function collectCounters(metrics: Metrics, brain: ControlBrain): Disposable[] {
  const { counters } = brain;
  const counter = (name: string, help: string, read: () => readonly Sample[]) =>
    metrics.collect(name, "counter", help, read);
  return [
    counter("control_messages_total", "Control messages by direction and type.", () => [
      ...samples("type", counters.received, { direction: "in" }),
      ...samples("type", counters.sent, { direction: "out" }),
    ]),
    counter(
      "control_dropped_total",
      "Control messages that did not get through, by reason.",
      () => samples("reason", counters.dropped),
    ),
    counter(
      "control_handshakes_total",
      "Handshakes with other nodes, by result.",
      () =>
        samples("result", {
          begun: counters.handshakesBegun,
          done: counters.handshakesDone,
          failed: counters.handshakesFailed,
          renewed: counters.renewals,
        }),
    ),
    counter("control_retries_total", "Requests that were sent again.", () => [
      { value: counters.retries },
    ]),
    counter("control_listener_errors_total", "Exceptions thrown by listeners.", () => [
      { value: counters.listenerErrors },
    ]),
    metrics.collect(
      "control_table_entries",
      "gauge",
      "Entries in the control tables.",
      () => samples("table", brain.sizes),
    ),
  ];
}
