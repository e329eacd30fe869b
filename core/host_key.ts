/** Which host an address belongs to, however it is written. */

/** The eight groups of an IPv6 address; undefined when it is none. */
function ipv6Groups(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const groupsOf = (half: string): number[] =>
    half === "" ? [] : half.split(":").flatMap((group) => {
      const v4 = ipv4Bytes(group);
      if (v4 !== undefined) {
        return [(v4[0] ?? 0) * 256 + (v4[1] ?? 0), (v4[2] ?? 0) * 256 + (v4[3] ?? 0)];
      }
      return [/^[0-9a-f]{1,4}$/.test(group) ? parseInt(group, 16) : NaN];
    });
  const head = groupsOf(halves[0] ?? "");
  const tail = groupsOf(halves[1] ?? "");
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  return groups.some(Number.isNaN) ? undefined : groups;
}

function ipv4Bytes(text: string): number[] | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const bytes = text.split(".").map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

/** One text for each host: loopback (127/8, ::1, localhost) is one, IPv4 in IPv6 is IPv4. */
export function hostKey(host: string): string {
  const text = host.toLowerCase().replace(/%.*$/, "");
  if (text === "localhost") return "loopback";
  const v4 = ipv4Bytes(text);
  if (v4 !== undefined) return v4[0] === 127 ? "loopback" : v4.join(".");
  const groups = text.includes(":") ? ipv6Groups(text) : undefined;
  if (groups === undefined) return text;
  const [high, low] = [groups[6] ?? 0, groups[7] ?? 0];
  if (groups.slice(0, 5).every((group) => group === 0)) {
    if (groups[5] === 0xffff) {
      return hostKey([high >> 8, high & 255, low >> 8, low & 255].join("."));
    }
    if (groups[5] === 0 && high === 0 && low === 1) return "loopback";
  }
  return groups.map((group) => group.toString(16)).join(":");
}

/** What limits count by: the host, or for IPv6 the /64 that one customer has whole. */
export function limitKey(host: string): string {
  const key = hostKey(host);
  return key.includes(":") ? `${key.split(":").slice(0, 4).join(":")}::/64` : key;
}
