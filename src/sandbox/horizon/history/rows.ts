import type { LedgerHeader } from '../../ledger/types.ts';
import type { Fields } from '../json.ts';

/** History as Horizon keeps it: plain JSON (bigints as text), derived once when a ledger closes, then only read. */
export interface EffectRow {
  account: string;
  /** `M…` where the address used was muxed */
  muxed?: string | undefined;
  type: string;
  /** Horizon's number of the type */
  number: number;
  details: Fields;
}

export interface OperationRow {
  type: string;
  number: number;
  source: string;
  muxed?: string | undefined;
  payment: boolean;
  /** accounts whose history it is in */
  participants: string[];
  balances: string[];
  details: Fields;
  effects: EffectRow[];
  trades: TradeRow[];
}

export interface TradeSide {
  account: string;
  /** offer id, of the buyer maybe a made-up one */
  offer: string;
  /** what this side gave */
  asset: string;
  /** stroops */
  amount: string;
}

/** One offer crossed. The price is that of the offer: what one unit of the seller's asset costs. */
export interface TradeRow {
  /** of the claim within the operation, from 0 */
  order: number;
  seller: TradeSide;
  buyer: TradeSide;
  priceN: number;
  priceD: number;
}

export interface TransactionRow {
  ledger: number;
  order: number;
  closeTime: number;
  hash: string;
  innerHash?: string | undefined;
  envelopeXdr: string;
  resultXdr: string;
  resultMetaXdr: string;
  feeMetaXdr: string;
  successful: boolean;
  feeCharged: string;
  participants: string[];
  balances: string[];
  /** what the envelope says, as Horizon prints it, without links */
  details: Fields;
  /** of the outer envelope, base64 */
  signatures: string[];
  /** of a fee bump */
  inner?: { hash: string; signatures: string[]; max_fee: string } | undefined;
  operations: OperationRow[];
}

export interface LedgerRow {
  header: LedgerHeader;
  successfulCount: number;
  failedCount: number;
  operationCount: number;
  txSetOperationCount: number;
  transactions: TransactionRow[];
}
