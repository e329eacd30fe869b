/** Linux socket calls by FFI: what the batch datapath and load generators are made of. See README.md. */
export * from "./layout.ts";
export { Libc, type LibcFound, libcPaths, openLibc } from "./libc.ts";
export { Block } from "./memory.ts";
export {
  CONTROL_BYTES,
  Messages,
  readSegment,
  segmentControlBytes,
  Vectors,
  writeSegment,
} from "./messages.ts";
export { Doorbell, KernelClock, Poller } from "./poller.ts";
export { type Family, familyOfHost, readSockaddr, writeSockaddr } from "./sockaddr.ts";
export { callError, type LinuxUdpOptions, LinuxUdpSocket } from "./socket.ts";
