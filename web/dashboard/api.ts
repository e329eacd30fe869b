/** The admin API as the page uses it: one node, the token kept for this tab only. */

const TOKEN_KEY = "espalier-token";

/** An answer that is a problem document (RFC 9457). */
export class ApiError extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

/** What happens on a node, as `GET /api/v1/events` tells. */
export interface NodeEvent {
  readonly id: number;
  readonly timeMs: number;
  readonly kind: string;
  readonly plugin?: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export const token = {
  get: (): string | null => sessionStorage.getItem(TOKEN_KEY),
  set: (value: string): void => sessionStorage.setItem(TOKEN_KEY, value),
  clear: (): void => sessionStorage.removeItem(TOKEN_KEY),
};

function headers(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const known = token.get();
  return known === null ? { ...more } : { ...more, authorization: `Bearer ${known}` };
}

async function failure(response: Response): Promise<ApiError> {
  const { status } = response;
  try {
    const problem: { code?: string; detail?: string } = await response.json();
    return new ApiError(status, problem.code ?? "", problem.detail ?? response.statusText);
  } catch {
    return new ApiError(status, "", response.statusText);
  }
}

/** Asks; throws `ApiError`. */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(path, { ...init, headers: headers() });
  if (!response.ok) throw await failure(response);
  return await response.json();
}

/** Changes something; throws `ApiError`. */
export async function act(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(path, {
    method,
    headers: headers(body === undefined ? {} : { "content-type": "application/json" }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw await failure(response);
  const text = await response.text();
  return text === "" ? undefined : JSON.parse(text);
}

/** Reads one frame of an event stream. */
function eventOf(frame: string): NodeEvent | undefined {
  const data = frame.split("\n").filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).trim()).join("\n");
  if (data === "" || data === "{}") return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

async function readEvents(
  since: number,
  signal: AbortSignal,
  tell: (event: NodeEvent) => void,
): Promise<void> {
  // `EventSource` can carry no token.
  const init = { signal, headers: headers({ accept: "text/event-stream" }) };
  const response = await fetch(`/api/v1/events${since > 0 ? `?since=${since}` : ""}`, init);
  if (!response.ok || response.body === null) throw await failure(response);
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body) {
    const frames = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = frames.pop() ?? "";
    for (const frame of frames) {
      const event = eventOf(frame);
      if (event !== undefined) tell(event);
    }
  }
}

/** Follows the node's events until aborted; comes back by itself after a break. */
export async function follow(
  signal: AbortSignal,
  tell: (event: NodeEvent) => void,
): Promise<void> {
  let last = 0;
  try {
    const page = await ask<{ events?: readonly NodeEvent[] }>("/api/v1/events?since=0");
    for (const event of page.events ?? []) {
      last = event.id;
      tell(event);
    }
  } catch {
    // The stream below says what is wrong, or that all is well again.
  }
  while (!signal.aborted) {
    try {
      await readEvents(last, signal, (event) => {
        last = event.id;
        tell(event);
      });
    } catch {
      // Tried again below.
    }
    await new Promise((resolve) => setTimeout(resolve, 3000));
  }
}
