/** Which addresses are groups. */

/** Whether an IPv4 (224.0.0.0/4) or IPv6 (ff00::/8) address is a multicast group. */
export function isMulticast(host: string): boolean {
  if (host.includes(":")) return /^ff[0-9a-f]{2}:/i.test(host);
  const first = /^(\d{1,3})\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.exec(host)?.[1];
  return first !== undefined && Number(first) >= 224 && Number(first) <= 239;
}
