/** What a hop does about lost packets: one object a stream, chosen by `RecoverySpec`. */
import type { Ssrc } from "../../ids.ts";
import type { RtcpWriter } from "../../wire/rtcp.ts";
import type { FecOptions, LinkId, StreamLimits } from "../api.ts";
import type { Tally } from "../counters.ts";
import type { Gaps, Place } from "../gaps.ts";
import type { Outbox } from "../out.ts";
import type { Parent } from "../parent.ts";

/** What recovery sees of its stream. */
export interface HopView {
  readonly ssrc: Ssrc;
  readonly limits: StreamLimits;
  /** How long a missing packet is of use here. */
  readonly repairMs: number;
  readonly gaps: Gaps;
  readonly parents: readonly Parent[];
  readonly tally: Tally;
  readonly out: Outbox;
  readonly writer: RtcpWriter;
  /** SSRC this node reports under. */
  readonly reporter: number;
}

/** Loss recovery of one stream at one hop. */
export interface HopRecovery {
  /** Share of the stream's rate that one child's retransmissions may cost; 0 answers no request. */
  readonly budgetShare: number;
  /** The matrix of parity that children are sent, if any. */
  readonly parity?: FecOptions;
  /**
   * When a packet that `parent` has just shown to be missing is asked for first; it is of use for
   * `repairMs`.
   */
  firstAskMs(parent: Parent, nowMs: number, repairMs: number): number;
  /** A packet that was missing since `sinceMs` came as an original from the parent that showed the gap: it was only late. */
  reordered(parent: Parent, sinceMs: number, nowMs: number): void;
  /** Gives up what is overdue, asks for what is due; returns when to come again. */
  run(view: HopView, nowMs: number): number;
  /** The parent of this link is gone. */
  forget(link: LinkId): void;
}

/**
 * How long a missing packet is waited for. While every parent is silent the wait goes on as long as a ring
 * could still hold the packet: the next parent answers from its own.
 */
export function patienceMs(view: HopView): number {
  const { repairMs } = view;
  for (const parent of view.parents) if (!parent.silent) return repairMs;
  return Math.max(repairMs, view.limits.ringMs);
}

/** Gives a packet up. */
export function giveUp(view: HopView, missing: Place): void {
  view.gaps.giveUp(view.gaps.numberAt(missing));
  view.tally.unrecovered++;
}
