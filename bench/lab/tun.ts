/** TUN devices from TypeScript: one device is one network namespace's only way out. Linux, root. */

/** `struct ifreq`: 16 bytes of name, then a union of 24 bytes (linux/if.h). */
const IFREQ_BYTES = 40;
/** `_IOW('T', 202, int)` (linux/if_tun.h). */
const TUNSETIFF = 0x400454ca;
/** IP packets without a four-byte header (linux/if_tun.h). */
const IFF_TUN_NO_PI = 0x1001;
const O_RDWR = 2;
const PACKET_MAX = 2048;

function libc() {
  return Deno.dlopen("libc.so.6", {
    open: { parameters: ["buffer", "i32"], result: "i32" },
    ioctl: { parameters: ["i32", "u32", "buffer"], result: "i32" },
    read: { parameters: ["i32", "buffer", "usize"], result: "isize", nonblocking: true },
    write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    close: { parameters: ["i32"], result: "i32" },
  });
}

const text = (value: string) => new TextEncoder().encode(`${value}\0`);

/** One TUN device. */
export class Tun {
  readonly #library = libc();
  readonly #fd: number;
  #open = true;

  constructor(readonly name: string) {
    this.#fd = this.#library.symbols.open(text("/dev/net/tun"), O_RDWR);
    if (this.#fd < 0) throw new Error("Cannot open /dev/net/tun: root is needed");
    const request = new Uint8Array(IFREQ_BYTES);
    request.set(new TextEncoder().encode(name).subarray(0, 15));
    new DataView(request.buffer).setUint16(16, IFF_TUN_NO_PI, true);
    if (this.#library.symbols.ioctl(this.#fd, TUNSETIFF, request) < 0) {
      this.#library.symbols.close(this.#fd);
      throw new Error(`Cannot make device ${name}: the kernel refuses`);
    }
  }

  /** Hands over each packet until the device is closed or gone. */
  async packets(fn: (packet: Uint8Array<ArrayBuffer>) => void): Promise<void> {
    const buffer = new Uint8Array(PACKET_MAX);
    while (this.#open) {
      const length = Number(
        await this.#library.symbols.read(this.#fd, buffer, BigInt(buffer.length)),
      );
      if (length <= 0) return;
      fn(buffer.slice(0, length));
    }
  }

  /** Puts a packet into the namespace; a full device drops it, as a network card does. */
  write(packet: Uint8Array<ArrayBuffer>): void {
    if (this.#open) this.#library.symbols.write(this.#fd, packet, BigInt(packet.length));
  }

  close(): void {
    this.#open = false;
  }
}
