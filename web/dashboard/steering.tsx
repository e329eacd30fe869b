/** Buttons that change this node: each asks first, and says what came of it. Only what the API offers is shown. */
import { useRef, useState } from "preact/hooks";
import { act } from "./api.ts";

/** A change that waits for a yes. */
interface Asked {
  readonly title: string;
  readonly words: string;
  readonly run: () => Promise<unknown>;
}

/** A dialog that asks before something is done. */
function useConfirm() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [asked, ask] = useState<Asked>();
  const [said, say] = useState<{ readonly text: string; readonly bad: boolean }>();
  const confirm = (what: Asked) => {
    ask(what);
    say(undefined);
    dialog.current?.showModal();
  };
  const go = async () => {
    dialog.current?.close();
    if (asked === undefined) return;
    try {
      await asked.run();
      say({ text: `${asked.title}: done.`, bad: false });
    } catch (error) {
      say({ text: error instanceof Error ? error.message : String(error), bad: true });
    }
  };
  const element = (
    <>
      <p role="status" class={said?.bad === true ? "said bad" : "said"}>{said?.text}</p>
      <dialog ref={dialog} aria-labelledby="confirm-title">
        <h2 id="confirm-title">{asked?.title}</h2>
        <p>{asked?.words}</p>
        <div class="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>Leave it</button>
          <button type="button" class="danger" onClick={() => void go()}>{asked?.title}</button>
        </div>
      </dialog>
    </>
  );
  return { confirm, element };
}

/** A session as `/api/v1/sessions` tells. */
export interface SessionView {
  readonly session: string;
  readonly stream: string;
  readonly state?: string;
  readonly ended?: boolean;
  readonly parents?: readonly string[];
  readonly packets?: number;
  readonly lost?: number;
  readonly failovers?: number;
  readonly lastOutageMs?: number;
  readonly sinks?: readonly { readonly id: string }[];
}

const TITLES: readonly string[] = [
  "Session",
  "Stream",
  "State",
  "From",
  "Packets",
  "Lost",
  "Failovers",
  "Last outage",
  "Sinks",
];

function SessionRow({ one, end }: {
  readonly one: SessionView;
  readonly end: (() => void) | undefined;
}) {
  return (
    <tr>
      <th scope="row">{one.session}</th>
      <td>{one.stream}</td>
      <td>{one.ended === true ? "ended" : one.state ?? "–"}</td>
      <td>{one.parents?.join(", ") || "–"}</td>
      <td>{one.packets ?? "–"}</td>
      <td>{one.lost ?? "–"}</td>
      <td>{one.failovers ?? 0}</td>
      <td>{one.lastOutageMs === undefined ? "–" : `${Math.round(one.lastOutageMs)} ms`}</td>
      <td>{one.sinks?.map(({ id }) => id).join(", ")}</td>
      {end !== undefined && (
        <td>
          <button type="button" aria-label={`End session ${one.session}`} onClick={end}>End</button>
        </td>
      )}
    </tr>
  );
}

/** The sessions of this node, each with a way to end it. */
export function Sessions({ sessions, offers }: {
  readonly sessions: readonly SessionView[];
  readonly offers: ReadonlySet<string>;
}) {
  const { confirm, element } = useConfirm();
  const mayEnd = offers.has("delete /api/v1/sessions/{id}");
  if (sessions.length === 0) return <p class="muted">No session is open here.</p>;
  const end = ({ session, stream }: SessionView) =>
    confirm({
      title: "End session",
      words: `Session ${session} on ${stream} ends; its sinks are flushed.`,
      run: () => act("DELETE", `/api/v1/sessions/${encodeURIComponent(session)}`),
    });
  return (
    <>
      <div class="scroll" role="region" aria-label="Sessions" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {[...TITLES, ...(mayEnd ? ["Steer"] : [])].map((title) => (
                <th key={title} scope="col">{title}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sessions.map((one) => (
              <SessionRow
                key={one.session}
                one={one}
                end={mayEnd ? () => end(one) : undefined}
              />
            ))}
          </tbody>
        </table>
      </div>
      {element}
    </>
  );
}

const LEVELS = ["debug", "info", "warn", "error"] as const;

/** Something that can be done with the node as a whole, once asked. */
interface Action extends Asked {
  /** `method path` that the API must have. */
  readonly route: string;
  readonly danger?: boolean;
}

function actionsOf(name: string): readonly Action[] {
  return [
    ...LEVELS.map((level): Action => ({
      route: "put /api/v1/log",
      title: `Log ${level}`,
      words: `${name} logs ${level} messages and worse from now on.`,
      run: () => act("PUT", "/api/v1/log", { level }),
    })),
    {
      route: "post /api/v1/reload",
      title: "Reload",
      words:
        `${name} reads its config file again and applies what differs. A wrong file changes nothing.`,
      run: () => act("POST", "/api/v1/reload"),
    },
    {
      route: "post /api/v1/config/save",
      title: "Save",
      words: `${name} writes its config as it runs back into its file; comments stay.`,
      run: () => act("POST", "/api/v1/config/save"),
    },
    {
      route: "post /api/v1/drain",
      title: "Drain",
      words: `${name} lets its children go to others, then stops. Viewers lose nothing.`,
      run: () => act("POST", "/api/v1/drain"),
      danger: true,
    },
  ];
}

/** What can be done with the node as a whole. */
export function NodeActions({ name, offers }: {
  readonly name: string;
  readonly offers: ReadonlySet<string>;
}) {
  const { confirm, element } = useConfirm();
  return (
    <>
      <div class="buttons">
        {actionsOf(name).filter(({ route }) => offers.has(route)).map((action) => (
          <button
            key={action.title}
            type="button"
            class={action.danger === true ? "danger" : ""}
            onClick={() => confirm(action)}
          >
            {action.title}
          </button>
        ))}
      </div>
      {element}
    </>
  );
}

/** Another plugin for a slot. */
export function Swap({ slot, now, choices, offers }: {
  readonly slot: string;
  readonly now: string;
  readonly choices: readonly string[];
  readonly offers: ReadonlySet<string>;
}) {
  const { confirm, element } = useConfirm();
  const [use, choose] = useState("");
  if (!offers.has("put /api/v1/plugins/{slot}")) return null;
  const id = `swap-${slot}`;
  return (
    <div class="swap">
      <label for={id}>Swap for</label>
      <input
        id={id}
        list={`${id}-list`}
        value={use}
        placeholder="plugin"
        onInput={(event) => choose(event.currentTarget.value)}
      />
      <datalist id={`${id}-list`}>
        {choices.filter((one) => one !== now).map((one) => <option key={one} value={one} />)}
      </datalist>
      <button
        type="button"
        disabled={use === ""}
        onClick={() =>
          confirm({
            title: "Swap",
            words:
              `${use} takes the place of ${now} (${slot}) while media goes on. When it cannot start, ${now} stays.`,
            run: () => act("PUT", `/api/v1/plugins/${encodeURIComponent(slot)}`, { use }),
          })}
      >
        Swap
      </button>
      {element}
    </div>
  );
}
