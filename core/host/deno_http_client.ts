/** Requests to other HTTP servers, with a deadline for all of it and a bound on the answer. */
import { type HttpAnswer, type HttpAsk, PortError } from "../ports.ts";
import { demand, portError } from "./port_errors.ts";

const MAX_BYTES = 64 * 1024;

/** Reads up to a bound; what comes beyond is given up. */
async function bodyOf(response: Response, maxBytes: number): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < maxBytes) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value.subarray(0, maxBytes - length));
    length += chunks.at(-1)?.length ?? 0;
  }
  await reader.cancel();
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

/** Why a request failed, from the chain of its causes. */
function failure(action: string, error: unknown, signal: AbortSignal, given?: AbortSignal) {
  if (given?.aborted === true) {
    return new PortError("closed", `Cannot ${action}: it was given up`, { cause: error });
  }
  if (signal.aborted) {
    return new PortError("timeout", `Cannot ${action}: no answer in time`, { cause: error });
  }
  const text = String(error instanceof Error ? [error.message, error.cause].join(" ") : error);
  if (/ECONNREFUSED|Connection refused/i.test(text)) {
    return new PortError("refused", `Cannot ${action}: nobody listens there`, { cause: error });
  }
  if (/dns error|failed to lookup/i.test(text)) {
    const why = "the name has no address";
    return new PortError("address-not-available", `Cannot ${action}: ${why}`, { cause: error });
  }
  return portError(action, error);
}

/** Asks another server. Rejects with a `PortError`; an answer of any status is an answer. */
export async function httpRequest(ask: HttpAsk, given?: AbortSignal): Promise<HttpAnswer> {
  const url = URL.canParse(ask.url) ? new URL(ask.url) : undefined;
  const action = `ask ${url?.host || "a server"}`;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new PortError("io", `Cannot ${action}: no http: or https: URL`);
  }
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  demand(action, { name: "net", host: `${url.hostname}:${port}` });
  const deadline = AbortSignal.timeout(ask.deadlineMs);
  const signal = given === undefined ? deadline : AbortSignal.any([given, deadline]);
  try {
    const response = await fetch(url, {
      method: ask.method,
      headers: { ...ask.headers },
      body: typeof ask.body === "string" ? ask.body : ask.body?.slice() ?? null,
      redirect: "manual",
      signal,
    });
    const body = await bodyOf(response, ask.maxBytes ?? MAX_BYTES);
    return { status: response.status, headers: Object.fromEntries(response.headers), body };
  } catch (error) {
    throw failure(action, error, signal, given);
  }
}
