import type { HookContext } from './integrations.ts';

/** Who is asked for: a name of ours, or whose account it is (SEP-2). */
export type FederationRequest =
  /** what stands before the `*`, as it was asked */
  { type: 'name'; name: string; domain: string } | { type: 'id'; account: string };

/** Where payments to a name of ours go. */
export interface FederationRecord {
  /** what stands before the `*`; needed where an account was asked for */
  name?: string;
  /** `G…` */
  accountId: string;
  memoType?: 'text' | 'id' | 'hash';
  /** text, also of an id; of a hash base64 or 64 hex digits */
  memo?: string;
}

/** Answers names of this anchor (SEP-2); null: there is none such. */
export type FederationHook<Tables = unknown> = (
  request: FederationRequest,
  ctx: HookContext<Tables>,
) => FederationRecord | null | Promise<FederationRecord | null>;

/** A transaction with a regulated asset that somebody wants to make (SEP-8). */
export interface ApprovalRequest {
  readonly assetCode: string;
  readonly assetIssuer: string;
  /** the envelope as it came: XDR, base64 */
  readonly tx: string;
  /** `G…` or `M…` */
  readonly source: string;
  readonly sequence: string;
  readonly memo: string | null;
  /** Unix seconds, `0`: unbounded; null: no bounds at all */
  readonly timeBounds: { readonly minTime: string; readonly maxTime: string } | null;
  /** with `type`, `source` and the plain values of each; assets as `CODE:ISSUER` or `native` */
  readonly operations: readonly Readonly<Record<string, string | number | boolean | string[] | null>>[];
}

export type ApprovalAnswer =
  /** compliant as it is. `tx`: signed by the issuer; may be left out where ISSUER_SEED is set: then we sign */
  | { status: 'success'; tx?: string; message?: string }
  /** compliant after a change, which the wallet shows its user; signed by the issuer, unless ISSUER_SEED is set */
  | { status: 'revised'; tx: string; message: string }
  /** ask again later, after so many milliseconds; 0: not known */
  | { status: 'pending'; timeout: number; message?: string }
  | {
      status: 'action_required';
      message: string;
      /** https address */
      actionUrl: string;
      actionMethod?: 'GET' | 'POST';
      /** SEP-9 names */
      actionFields?: string[];
    }
  | { status: 'rejected'; error: string };

/** Decides about transactions with a regulated asset (SEP-8). */
export type ApprovalHook<Tables = unknown> = (
  request: ApprovalRequest,
  ctx: HookContext<Tables>,
) => ApprovalAnswer | Promise<ApprovalAnswer>;
