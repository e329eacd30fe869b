/**
 * Ports as one plugin gets them: an exception in a callback is that plugin's fault alone. It is logged
 * and counted, and the socket or timer it came from goes on.
 */
import type { EngineThreads } from "./datapath/words.ts";
import type { Http, HttpWriter, Log, Plane, Ports, TcpStream, UdpSocket } from "./ports.ts";
import type { Chaos } from "./slots.ts";

/** Wraps a callback so that it never throws into the port. */
type Shield = <A extends unknown[]>(fn: (...args: A) => void) => (...args: A) => void;

function shieldFor(id: string, log: Log, ports: Ports): Shield {
  const errors = ports.metrics.counter(
    "plugin_errors_total",
    "Exceptions that a plugin's callbacks threw.",
    { plugin: id },
  );
  return (fn) => (...args) => {
    try {
      fn(...args);
    } catch (error) {
      errors.add();
      log.error("plugin callback failed", { plugin: id, error });
    }
  };
}

function shieldStream(stream: TcpStream, shield: Shield): TcpStream {
  return {
    local: stream.local,
    remote: stream.remote,
    write: (bytes, taken) => stream.write(bytes, taken),
    onEvent: (fn, room) => stream.onEvent(shield(fn), room),
    end: () => stream.end(),
    destroy: () => stream.destroy(),
    [Symbol.asyncDispose]: () => stream[Symbol.asyncDispose](),
  };
}

/** Bodies are written from a plugin's own callbacks: those are shielded, the handler is the server's. */
function shieldHttp(http: Http, shield: Shield): Http {
  const shieldWriter = (writer: HttpWriter): HttpWriter => ({
    write: (bytes) => writer.write(bytes),
    get queuedBytes() {
      return writer.queuedBytes;
    },
    onDrain: (fn) => writer.onDrain(shield(fn)),
    onGone: (fn) => writer.onGone(shield(fn)),
    end: () => writer.end(),
    abort: () => writer.abort(),
  });
  return {
    request: (ask, signal) => http.request(ask, signal),
    serve: (bind, handler, options) =>
      http.serve(bind, async (request) => {
        const response = await handler(request);
        const { body } = response;
        if (!(body instanceof Function)) return response;
        return { ...response, body: (writer) => body(shieldWriter(writer)) };
      }, options),
  };
}

/** What stands between a plugin and its sockets when a chaos plugin runs. */
type ChaosNow = () => Chaos | undefined;

function shieldSocket(
  socket: UdpSocket,
  plane: Plane,
  shield: Shield,
  chaosNow: ChaosNow,
): UdpSocket {
  let open = true;
  return {
    local: socket.local,
    send(to, bytes) {
      const chaos = chaosNow();
      if (chaos === undefined) return socket.send(to, bytes);
      chaos.outgoing(plane, to, bytes, (late) => {
        if (open) socket.send(to, late);
      });
    },
    onPacket(fn) {
      const safe = shield(fn);
      return socket.onPacket((from, bytes) => {
        const chaos = chaosNow();
        if (chaos === undefined) return safe(from, bytes);
        chaos.incoming(plane, from, bytes, (late) => {
          if (open) safe(from, late);
        });
      });
    },
    async [Symbol.asyncDispose]() {
      open = false;
      await socket[Symbol.asyncDispose]();
    },
  };
}

/** Whether a node's datagrams are impaired, now and from now on. */
export interface Impairment {
  readonly isOn: () => boolean;
  /** Told when it begins. */
  readonly onBegin: (fn: () => void) => Disposable;
}

const IMPAIRED = "a chaos plugin impairs this node's datagrams";

/**
 * Reports and the news of a thread's death are callbacks like any other. Threads have sockets of their own, which chaos
 * does not reach: a node that is impaired does without.
 */
function shieldThreads(
  threads: EngineThreads,
  shield: Shield,
  impairment: Impairment,
): EngineThreads {
  return {
    missing: () => impairment.isOn() ? IMPAIRED : threads.missing(),
    onMissing: (fn) => {
      const safe = shield(fn);
      const held = [impairment.onBegin(() => safe(IMPAIRED)), threads.onMissing(safe)];
      return {
        [Symbol.dispose]() {
          for (const one of held) one[Symbol.dispose]();
        },
      };
    },
    start: async (options) => {
      if (impairment.isOn()) throw new Error(`Cannot start a thread: ${IMPAIRED}`);
      const thread = await threads.start(options);
      return {
        order: (orders, transfer) => thread.order(orders, transfer),
        onReports: (fn) => thread.onReports(shield(fn)),
        onDeath: (fn) => thread.onDeath(shield(fn)),
        [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
      };
    },
  };
}

/** The node's ports with every callback of plugin `id` shielded, and its datagrams open to chaos. */
export function guardPorts(
  id: string,
  ports: Ports,
  chaosNow: ChaosNow,
  impairment: Impairment,
): Ports {
  const shield = shieldFor(id, ports.log, ports);
  return {
    ...ports,
    clock: {
      now: () => ports.clock.now(),
      wall: () => ports.clock.wall(),
      after: (ms, fn) => ports.clock.after(ms, shield(fn)),
    },
    net: {
      udp: async (bind, options) =>
        shieldSocket(await ports.net.udp(bind, options), options.plane, shield, chaosNow),
      listen: (bind, accept) =>
        ports.net.listen(bind, shield((stream) => accept(shieldStream(stream, shield)))),
      dial: async (to, signal) => shieldStream(await ports.net.dial(to, signal), shield),
    },
    http: shieldHttp(ports.http, shield),
    ...(ports.threads === undefined
      ? {}
      : { threads: shieldThreads(ports.threads, shield, impairment) }),
    events: {
      emit: (kind, fields) => ports.events.emit(kind, { ...fields, plugin: id }),
      onEvent: (fn) => ports.events.onEvent(shield(fn)),
    },
  };
}
