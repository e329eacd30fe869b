/** How an owner's entry is cut into pages that fit a datagram, and how messages are filled to the brim. */
import type { NodeName } from "../../core/ids.ts";
import type { PopInfo, StreamInfo } from "../../core/slots.ts";
import { BODY_MAX_BYTES, bodyBytes } from "../../core/wire/control_codec.ts";
import type { CatalogRecord } from "../../core/wire/messages.ts";

/** Streams of one page, however short their names. */
const STREAMS_A_PAGE = 16;
/** Longest title on the wire. */
const TITLE_MAX = 120;
/** Names one message lists. */
const NAMES_A_MESSAGE = 24;
/** CBOR's heads around a name and two numbers of 64 bits in a digest. */
const DIGEST_HEADS_BYTES = 1 + 2 + 9 + 9;
/** What is left for a list of names in a message: a body less its keys. */
const LIST_MAX_BYTES = BODY_MAX_BYTES - 32;

/** An owner's entry at one version. */
export interface Version {
  readonly owner: NodeName;
  readonly instance: number;
  readonly version: number;
  /** Seconds. */
  readonly ttl: number;
}

/** The pages, and how many streams did not fit. */
export interface Pages {
  readonly records: readonly CatalogRecord[];
  readonly streamsCut: number;
}

/** A stream as it travels. */
function onWire({ name, ssrc, bitrate, title }: StreamInfo): CatalogRecord["streams"][number] {
  const short = title.slice(0, TITLE_MAX);
  return bitrate === undefined
    ? { name, ssrc, title: short }
    : { name, ssrc, bitrate: Math.max(0, Math.round(bitrate)), title: short };
}

/** A page with its final numbers unknown: as long as it can get. */
function draft(
  head: Version,
  streams: CatalogRecord["streams"],
  pop: PopInfo | undefined,
): CatalogRecord {
  const { owner, instance, version, ttl } = head;
  const record = { owner, instance, version, page: 255, pages: 256, streams, ttl };
  return pop === undefined ? record : { ...record, pop };
}

/** Cuts an entry into pages; the POP is on the first. Without streams and POP it is one empty page. */
export function paginate(
  head: Version,
  streams: readonly StreamInfo[],
  pop: PopInfo | undefined,
  maxPages: number,
): Pages {
  const drafts: CatalogRecord[] = [];
  let page = draft(head, [], pop);
  let bytes = bodyBytes("CATALOG_RECORD", page);
  let placed = 0;
  for (const stream of streams.map(onWire)) {
    const alone = draft(head, [stream], undefined);
    const more = bodyBytes("CATALOG_RECORD", alone) -
      bodyBytes("CATALOG_RECORD", draft(head, [], undefined));
    if (page.streams.length >= STREAMS_A_PAGE || bytes + more + 2 > BODY_MAX_BYTES) {
      if (drafts.length + 1 >= maxPages) break;
      drafts.push(page);
      page = draft(head, [], undefined);
      bytes = bodyBytes("CATALOG_RECORD", page);
    }
    page = { ...page, streams: [...page.streams, stream] };
    bytes += more;
    placed++;
  }
  drafts.push(page);
  return {
    records: drafts.map((one, index) => ({ ...one, page: index, pages: drafts.length })),
    streamsCut: streams.length - placed,
  };
}

/** Cuts a sorted list of digests into messages. */
export function digestMessages(
  digests: readonly (readonly [NodeName, number, number])[],
): { owners: [NodeName, number, number][]; more: boolean }[] {
  const messages: { owners: [NodeName, number, number][]; more: boolean }[] = [];
  let bytes = Infinity;
  for (const [owner, instance, version] of digests) {
    const size = owner.length + DIGEST_HEADS_BYTES + 2;
    const last = messages.at(-1);
    if (
      last === undefined || bytes + size > LIST_MAX_BYTES || last.owners.length >= NAMES_A_MESSAGE
    ) {
      if (last !== undefined) last.more = true;
      messages.push({ owners: [[owner, instance, version]], more: false });
      bytes = size;
    } else {
      last.owners.push([owner, instance, version]);
      bytes += size;
    }
  }
  return messages.length === 0 ? [{ owners: [], more: false }] : messages;
}

/** Cuts a list of names into messages. */
export function wantMessages(owners: readonly NodeName[]): { owners: NodeName[] }[] {
  const messages: { owners: NodeName[] }[] = [];
  let bytes = Infinity;
  for (const owner of owners) {
    const size = owner.length + 2;
    const last = messages.at(-1);
    if (
      last === undefined || bytes + size > LIST_MAX_BYTES || last.owners.length >= NAMES_A_MESSAGE
    ) {
      messages.push({ owners: [owner] });
      bytes = size;
    } else {
      last.owners.push(owner);
      bytes += size;
    }
  }
  return messages;
}
