/**
 * Ports as one plugin gets them: an exception in a callback is that plugin's fault alone. It is logged
 * and counted, and the socket or timer it came from goes on.
 */
import type { Log, Ports, TcpStream, UdpSocket } from "./ports.ts";

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
    write: (bytes) => stream.write(bytes),
    onEvent: (fn) => stream.onEvent(shield(fn)),
    end: () => stream.end(),
    destroy: () => stream.destroy(),
    [Symbol.asyncDispose]: () => stream[Symbol.asyncDispose](),
  };
}

function shieldSocket(socket: UdpSocket, shield: Shield): UdpSocket {
  return {
    local: socket.local,
    send: (to, bytes) => socket.send(to, bytes),
    onPacket: (fn) => socket.onPacket(shield(fn)),
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  };
}

/** The node's ports with every callback of plugin `id` shielded. */
export function guardPorts(id: string, ports: Ports): Ports {
  const shield = shieldFor(id, ports.log, ports);
  return {
    ...ports,
    clock: {
      now: () => ports.clock.now(),
      wall: () => ports.clock.wall(),
      after: (ms, fn) => ports.clock.after(ms, shield(fn)),
    },
    net: {
      udp: async (bind, options) => shieldSocket(await ports.net.udp(bind, options), shield),
      listen: (bind, accept) =>
        ports.net.listen(bind, shield((stream) => accept(shieldStream(stream, shield)))),
      dial: async (to, signal) => shieldStream(await ports.net.dial(to, signal), shield),
    },
  };
}
