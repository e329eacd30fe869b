/** Asks one peer which file it shares under a name. */
import { type NodeName, nodeName } from "../ids.ts";
import type { Addr, Clock, Net, TcpStream } from "../ports.ts";
import type { FileShape } from "./identity.ts";
import { encodePeer, type Hello, PEER_VERSION, PeerParser } from "./peer_messages.ts";

/** How long a peer may take to answer, connecting included. */
const ANSWER_MS = 4000;

/** A file that a peer shares. */
export interface NamedFile {
  readonly peer: NodeName;
  readonly instance: number;
  readonly shape: FileShape;
}

/** What a lookup needs of the world. */
export interface LookupOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly to: Addr;
  readonly signal: AbortSignal;
  /** Who asks. */
  readonly self: { readonly name: NodeName; readonly instance: number };
}

/** The file that the peer at `to` shares as `file`; undefined when it shares none or does not answer. */
export async function lookUpFile(
  file: string,
  { net, clock, to, signal, self }: LookupOptions,
): Promise<NamedFile | undefined> {
  const abort = new AbortController();
  const call = (): void => abort.abort();
  signal.addEventListener("abort", call);
  if (signal.aborted) call();
  const timer = clock.after(ANSWER_MS, call);
  let stream: TcpStream | undefined;
  try {
    stream = await net.dial(to, abort.signal);
    const hello = await helloOf(stream, file, self, abort.signal);
    if (hello?.file === undefined || nodeName(hello.name) === undefined) return undefined;
    const { id, size: sizeBytes, piece: pieceBytes } = hello.file;
    const shape = { id, sizeBytes, pieceBytes };
    return { peer: hello.name, instance: hello.instance, shape };
  } catch {
    return undefined;
  } finally {
    timer[Symbol.dispose]();
    signal.removeEventListener("abort", call);
    await stream?.[Symbol.asyncDispose]();
  }
}

function helloOf(
  stream: TcpStream,
  lookup: string,
  self: LookupOptions["self"],
  signal: AbortSignal,
): Promise<Hello | undefined> {
  const { promise, resolve } = Promise.withResolvers<Hello | undefined>();
  const parser = new PeerParser({
    message: (message) => resolve(message.kind === "hello" ? message.hello : undefined),
    pieceBegins: () => undefined,
    pieceEnds: () => resolve(undefined),
    broken: () => resolve(undefined),
  });
  signal.addEventListener("abort", () => resolve(undefined));
  stream.onEvent((event) => {
    if (event.kind === "data") parser.push(event.bytes);
    else if (event.kind === "close") resolve(undefined);
  });
  stream.write(
    encodePeer({ kind: "hello", hello: { version: PEER_VERSION, ...self, port: 0, lookup } }),
  );
  return promise;
}
