/** What happens on this node, newest first. */
import { useState } from "preact/hooks";
import type { NodeEvent } from "./api.ts";

const BAD = new Set(["neighbor-down", "failed-over", "refused", "change-refused"]);
const GOOD = new Set(["neighbor-up", "joined", "child-joined", "stream-started", "node-started"]);

function tone(kind: string): string {
  return BAD.has(kind) ? "bad" : GOOD.has(kind) ? "good" : "plain";
}

function said(value: unknown): string {
  if (Array.isArray(value)) return value.join(" → ");
  return typeof value === "number" ? String(Math.round(value * 10) / 10) : String(value);
}

function words(fields: NodeEvent["fields"]): string {
  return Object.entries(fields).map(([key, value]) => `${key} ${said(value)}`).join(", ");
}

function One({ event }: { readonly event: NodeEvent }) {
  const at = new Date(event.timeMs);
  return (
    <li>
      <time dateTime={at.toISOString()}>{at.toLocaleTimeString("en-GB")}</time>
      <span class={`kind ${tone(event.kind)}`}>{event.kind.replaceAll("-", " ")}</span>
      <span class="words">{words(event.fields)}</span>
    </li>
  );
}

/** The last few. */
export function EventList({ events, most }: {
  readonly events: readonly NodeEvent[];
  readonly most: number;
}) {
  if (events.length === 0) return <p class="muted">Nothing has happened yet.</p>;
  return (
    <ol class="events" aria-live="polite" aria-relevant="additions">
      {events.slice(0, most).map((event) => <One key={event.id} event={event} />)}
    </ol>
  );
}

/** All that are kept, to be searched. */
export function Events({ events, self }: {
  readonly events: readonly NodeEvent[];
  readonly self: string;
}) {
  const [text, search] = useState("");
  const found = events.filter((event) =>
    `${event.kind} ${words(event.fields)}`.toLowerCase().includes(text.toLowerCase())
  );
  return (
    <>
      <h1>{`Events of ${self}`}</h1>
      <section class="card">
        <label class="search">
          Show what holds
          <input value={text} onInput={(event) => search(event.currentTarget.value)} />
        </label>
        <EventList events={found} most={300} />
      </section>
    </>
  );
}
