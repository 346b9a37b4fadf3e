import { xdr } from '@stellar/stellar-sdk';
import type { CreateEntryFailure, OperationOutcome } from '../exchange/ports.ts';
import type { LedgerState } from '../state.ts';
import type { AccountEntry } from '../types.ts';

export type { OperationOutcome };

export type ThresholdLevel = 'low' | 'medium' | 'high';

/** Where an operation stands: its source (`G…`), its place from 0, and the transaction around it. */
export interface OperationContext {
  source: string;
  index: number;
  transaction: { source: string; sequence: bigint };
}

export interface ApplyContext extends OperationContext {
  state: LedgerState;
  /** the highest sequence number that this ledger still applies for an account, where an account merges in it */
  highestSequence(account: string): bigint | undefined;
}

/** One kind of operation. The functions mirror the core's: doCheckValid, doApply. */
export interface OperationRules {
  threshold(body: xdr.OperationBody): ThresholdLevel;
  /** False: opNOT_SUPPORTED, before anything else is looked at. */
  supports(body: xdr.OperationBody): boolean;
  /** What the ledger plays no part in. Undefined: well formed. */
  check(body: xdr.OperationBody, context: OperationContext): OperationOutcome | undefined;
  /** Writes to the state before it knows the outcome: the caller rolls back on failure. */
  apply(body: xdr.OperationBody, context: ApplyContext): OperationOutcome;
  /** The result of an operation that was not evaluated: success without content. */
  blank(): xdr.OperationResultTr;
}

export const inner = (tr: xdr.OperationResultTr): xdr.OperationResult => xdr.OperationResult.opInner(tr);

export function succeeded(tr: xdr.OperationResultTr): OperationOutcome {
  return { ok: true, result: inner(tr) };
}

export function failed(tr: xdr.OperationResultTr): OperationOutcome {
  return { ok: false, result: inner(tr) };
}

export function refused(result: xdr.OperationResult): OperationOutcome {
  return { ok: false, result };
}

/** What most operations need. */
export const common = { threshold: (): ThresholdLevel => 'medium', supports: (): boolean => true };
export const lowThreshold = { ...common, threshold: (): ThresholdLevel => 'low' };

/** `low_reserve` has a code of its own in each operation, the others are general. */
export function cannotReserve(
  failure: CreateEntryFailure,
  lowReserve: xdr.OperationResultTr,
): OperationOutcome {
  if (failure === 'low_reserve') return failed(lowReserve);
  return refused(
    failure === 'too_many_subentries'
      ? xdr.OperationResult.opTooManySubentries()
      : xdr.OperationResult.opTooManySponsoring(),
  );
}

/** The source of an operation that applies; it was checked to exist. Counts as changed (see LedgerState.touch). */
export function loadSource(context: ApplyContext): AccountEntry {
  return context.state.touch(context.state.account(context.source) as AccountEntry);
}

export const authFlags = { required: 1, revocable: 2, immutable: 4, clawback: 8 } as const;
export const lineFlags = { authorized: 1, maintain: 2, clawback: 4 } as const;
export const INT64_MAX = 2n ** 63n - 1n;
