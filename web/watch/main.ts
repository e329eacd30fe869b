/** The pages of `http-sink`: the list refreshes itself, the player plays and says how it goes. */
import { bitrate, element, show } from "./dom.ts";
import type { EngineName } from "./engines.ts";
import { Session } from "./session.ts";

const LIST_MS = 5000;
const STATUS_MS = 2000;
const SHOW_MS = 500;

/** What the node says of the stream. */
interface Status {
  readonly node: string;
  readonly parents: readonly string[];
  readonly bitrate?: number;
  readonly viewers: number;
}

function isStatus(value: unknown): value is Status {
  return typeof value === "object" && value !== null && "node" in value && "parents" in value &&
    Array.isArray(value.parents);
}

/** Replaces the list by a fresh one, when it is another and nobody is about to use it. */
async function refreshList(): Promise<void> {
  const response = await fetch("/", { cache: "no-store" });
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const [from, to] = [fresh.querySelector("main"), document.querySelector("main")];
  if (from === null || to === null || from.innerHTML === to.innerHTML) return;
  if (to.contains(document.activeElement)) return;
  to.replaceWith(document.adoptNode(from));
}

const ENGINES: readonly string[] = ["mpegts", "hls", "native"];
const isEngine = (name: string | null): name is EngineName =>
  name !== null && ENGINES.includes(name);

function watch(stream: string): void {
  const video = element("video", HTMLVideoElement);
  const asked = new URLSearchParams(location.search).get("player");
  const wanted = isEngine(asked) ? asked : "auto";
  const session = new Session(video, stream, wanted);
  const choice = element("player", HTMLSelectElement);
  choice.value = wanted;
  choice.addEventListener("change", () => {
    location.search = choice.value === "auto" ? "" : `?player=${choice.value}`;
  });
  const sound = element("sound", HTMLButtonElement);
  sound.addEventListener("click", () => (video.muted = !video.muted));
  video.addEventListener("volumechange", () => {
    sound.textContent = video.muted ? "Turn sound on" : "Turn sound off";
    sound.setAttribute("aria-pressed", String(!video.muted));
  });
  session.begin();
  setInterval(() => {
    const { note, engine, recoveries, droppedFrames } = session.view;
    const latency = engine?.latency();
    show("note", note);
    show("latency", latency === undefined ? "–" : `${latency.toFixed(1)} s`);
    show("dropped", String(droppedFrames));
    show("engine", engine?.label ?? "–");
    show("recoveries", String(recoveries));
  }, SHOW_MS);
  const ask = () => void refreshStatus(stream).catch(() => show("pop", "no answer"));
  ask();
  setInterval(ask, STATUS_MS);
}

async function refreshStatus(stream: string): Promise<void> {
  const response = await fetch(`/live/${stream}/status.json`, { cache: "no-store" });
  const status: unknown = await response.json();
  if (!isStatus(status)) return;
  show("bitrate", status.bitrate === undefined ? "–" : bitrate(status.bitrate));
  const [parent] = status.parents;
  show("pop", parent === undefined ? status.node : `${status.node} ← ${parent}`);
}

const { page, stream } = document.body.dataset;
if (page === "watch" && stream !== undefined) watch(stream);
else if (page === "list") setInterval(() => void refreshList().catch(() => {}), LIST_MS);
