/** x86-64: the kernel's socket structs, by `include/uapi/linux`. */
import type { Layout } from "./layout.ts";

/** Layout on x86-64. */
export const x86_64: Layout = {
  iovec: { size: 16, base: 0, length: 8 },
  mmsghdr: {
    size: 64,
    name: 0,
    nameLength: 8,
    vector: 16,
    vectorCount: 24,
    control: 32,
    controlLength: 40,
    flags: 48,
    length: 56,
  },
  cmsghdr: { length: 0, level: 8, type: 12, data: 16, align: 8 },
  // Packed on this architecture only.
  epollEvent: { size: 12, events: 0, data: 4 },
  time: { size: 16, seconds: 0, fraction: 8 },
  syscalls: { sendmmsg: 307 },
};
