import assert from "node:assert/strict";
import fc from "fast-check";
import {
  isRtcp,
  rtpHeaderBytes,
  rtpMarker,
  rtpPayload,
  rtpSequence,
  rtpSsrc,
  rtpTimestamp,
  rtpType,
  sequenceDistance,
  writeRtpHeader,
} from "./rtp.ts";

Deno.test("a header that is written is read back", () => {
  fc.assert(fc.property(
    fc.nat(127),
    fc.boolean(),
    fc.nat(0xffff),
    fc.nat(0xffffffff),
    fc.nat(0xffffffff),
    (type, marker, sequence, timestamp, ssrc) => {
      const bytes = new Uint8Array(20);
      writeRtpHeader(bytes, type, marker, sequence, timestamp, ssrc);
      assert.equal(rtpHeaderBytes(bytes), 12);
      assert.deepEqual(
        [rtpType(bytes), rtpMarker(bytes), rtpSequence(bytes), rtpTimestamp(bytes), rtpSsrc(bytes)],
        [type, marker, sequence, timestamp, ssrc],
      );
    },
  ));
});

Deno.test("CSRC list, extension and padding are no payload", () => {
  const plain = (first: number, rest: readonly number[]) =>
    new Uint8Array([first, 33, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, ...rest]);
  assert.deepEqual(rtpPayload(plain(0x82, [1, 1, 1, 1, 2, 2, 2, 2, 7, 8])), new Uint8Array([7, 8]));
  assert.deepEqual(rtpPayload(plain(0x90, [0, 0, 0, 1, 9, 9, 9, 9, 7])), new Uint8Array([7]));
  assert.deepEqual(rtpPayload(plain(0xa0, [7, 8, 0, 0, 3])), new Uint8Array([7, 8]));
});

Deno.test("what is no RTP packet is refused, whatever it is", () => {
  const refused = (first: number, rest: readonly number[]) =>
    assert.equal(rtpPayload(new Uint8Array([first, 33, ...rest])), undefined);
  refused(0x80, [0, 1]);
  refused(0x40, new Array(20).fill(0));
  refused(0x8f, new Array(20).fill(0));
  refused(0x90, [...new Array(10).fill(0), 0, 0, 0, 9, 1, 1, 1, 1]);
  refused(0xa0, [...new Array(10).fill(0), 9]);
  refused(0xa0, [...new Array(10).fill(0), 1, 0]);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    const header = rtpHeaderBytes(bytes);
    assert.ok(header === 0 || (header >= 12 && header <= bytes.length));
    rtpPayload(bytes);
  }));
});

Deno.test("RTP and RTCP on one port are told apart by the second byte", () => {
  for (const type of [200, 201, 202, 203, 204, 205, 206]) {
    assert.ok(isRtcp(new Uint8Array([0x80, type])));
  }
  for (const second of [33, 33 | 128, 96, 96 | 128]) {
    assert.ok(!isRtcp(new Uint8Array([0x80, second])));
  }
});

Deno.test("distances go the shorter way round", () => {
  assert.equal(sequenceDistance(65_530, 4), 10);
  assert.equal(sequenceDistance(4, 65_530), -10);
  assert.equal(sequenceDistance(0x1_0004, 0xfffa), -10);
});
