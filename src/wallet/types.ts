import type { Clock } from '../kernel/clock.ts';
import type { Fetch } from '../stellar/port.ts';

export interface WalletOptions {
  /** the anchor's home: where `/.well-known/stellar.toml` is, e.g. http://localhost:8000 */
  homeUrl: string;
  horizonUrl: string;
  /** where a new account gets its first XLM; without it the account must exist */
  friendbotUrl?: string | undefined;
  /** the wallet's own key, `S…` */
  seed: string;
  /** what the forms are answered with, by field name; sample answers otherwise */
  answers?: Record<string, string> | undefined;
  fetch: Fetch;
  clock: Clock;
}

/** Something that has just happened, in the order of the protocol. */
export interface Step {
  id:
    | 'discovered'
    | 'account'
    | 'trustline'
    | 'logged_in'
    | 'opened'
    | 'form'
    | 'status'
    | 'bank_paid'
    | 'stellar_sent'
    | 'stellar_received'
    | 'completed';
  text: string;
}

export interface TransferRequest {
  /** code of an asset in the anchor's stellar.toml */
  asset: string;
  /** decimal text */
  amount: string;
  /** by which SEP; default 24 where the anchor has it, else 6 */
  sep?: 6 | 24 | undefined;
  /** milliseconds until WALLET_TIMEOUT */
  timeoutMs: number;
  onStep?: ((step: Step) => void) | undefined;
}

/** A finished transfer, as `anchor wallet --json` prints it. */
export interface TransferResult {
  id: string;
  status: string;
  amount_in: string;
  amount_out: string;
  amount_fee: string;
  stellar_transaction_id: string;
  seconds: number;
}

/** The transaction object of SEP-24 and SEP-6, as far as the wallet reads it. */
export interface AnchorTransaction {
  id: string;
  kind: 'deposit' | 'withdrawal';
  status: string;
  amount_in?: string | null;
  /** SEP-38 asset id */
  amount_in_asset?: string | null;
  amount_out?: string | null;
  amount_fee?: string | null;
  stellar_transaction_id?: string | null;
  external_transaction_id?: string | null;
  withdraw_anchor_account?: string | null;
  withdraw_memo?: string | null;
  withdraw_memo_type?: string | null;
  more_info_url?: string;
  message?: string | null;
  started_at?: string;
}
