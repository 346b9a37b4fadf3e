import { isMuxed, splitMuxed } from '../kernel/strkey.ts';
import { assetAt, isObject, type Json, optionalText, textAt, unitsAt } from './json.ts';
import type { NetworkOperation, NetworkTransaction, StellarNetwork } from './port.ts';

/** What one operation brought to an account: the amount that the ledger really delivered, never what was asked for (R9). */
export interface Delivery {
  operationId: string;
  pagingToken: string;
  /** Horizon's name of the operation */
  type: string;
  account: string;
  /** `G…` or `C…`; for a claimed balance whoever claimed it */
  from: string;
  /** the payer as it named itself: `M…` where it did, else as `from` */
  sender: string;
  /** `native` or CODE:ISSUER */
  asset: string;
  /** stroops, greater than zero */
  amount: bigint;
  memo: IncomingMemo | null;
  /** id within the `M…` address that was paid, decimal text */
  muxedId: string | null;
  transactionHash: string;
  ledger: number;
  /** ISO 8601 */
  createdAt: string;
  /** the account paid itself: nothing came in */
  self: boolean;
}

/** `hash` and `return` as lower-case hex, as our tables keep them; `id` as decimal text. */
export interface IncomingMemo {
  type: 'text' | 'id' | 'hash' | 'return';
  value: string;
}

interface Part {
  from: string;
  sender?: string | null;
  asset: string | null;
  amount: bigint;
  muxedId?: string | null;
}

/**
 * The deliveries of `operation` to `account`; none where it brought nothing, failed, or paid somebody else. Account merges
 * and claimed balances need a second reading: their amounts stand only in the effects.
 *
 * @throws NETWORK_UNAVAILABLE when the effects cannot be read or an amount is unreadable
 */
export async function deliveriesTo(
  network: Pick<StellarNetwork, 'effects'>,
  account: string,
  operation: NetworkOperation,
): Promise<Delivery[]> {
  if (!operation.successful || !operation.transaction.successful) return [];
  const parts = await partsOf(network, account, operation);
  return parts.flatMap((part) => {
    if (part.asset === null || part.amount <= 0n) return [];
    return {
      operationId: operation.id,
      pagingToken: operation.pagingToken,
      type: operation.type,
      account,
      from: part.from,
      sender: senderOf(part),
      asset: part.asset,
      amount: part.amount,
      memo: memoOf(operation.transaction),
      muxedId: part.muxedId ?? null,
      transactionHash: operation.transaction.hash,
      ledger: operation.transaction.ledger,
      createdAt: operation.createdAt,
      // a claimed balance came from somebody else, whoever claimed it
      self: part.from === account && operation.type !== 'claim_claimable_balance',
    };
  });
}

/** What an issuer took out of the account by its right of clawback, or null. @throws NETWORK_UNAVAILABLE */
export function clawedBack(
  account: string,
  { type, successful, raw }: NetworkOperation,
): { asset: string; amount: bigint } | null {
  if (type !== 'clawback' || !successful || raw['from'] !== account) return null;
  const asset = assetAt(raw);
  return asset === null ? null : { asset, amount: unitsAt(raw, 'amount') };
}

/** The muxed address, if it is one of that account. */
function senderOf({ from, sender }: Part): string {
  return isMuxed(sender) && splitMuxed(sender).account === from ? sender : from;
}

async function partsOf(
  network: Pick<StellarNetwork, 'effects'>,
  account: string,
  operation: NetworkOperation,
): Promise<Part[]> {
  const { raw } = operation;
  switch (operation.type) {
    case 'payment':
    case 'path_payment_strict_send':
    case 'path_payment_strict_receive':
      // `amount` is what arrived, for strict send too; what was sent is `source_amount`
      if (raw['to'] !== account) return [];
      return [
        {
          from: textAt(raw, 'from'),
          sender: optionalText(raw, 'from_muxed'),
          asset: assetAt(raw),
          amount: unitsAt(raw, 'amount'),
          muxedId: toMuxedId(raw),
        },
      ];
    case 'create_account':
      if (raw['account'] !== account) return [];
      return [{ from: textAt(raw, 'funder'), asset: 'native', amount: unitsAt(raw, 'starting_balance') }];
    case 'account_merge':
      if (raw['into'] !== account) return [];
      return credited(await network.effects(operation.id), account, textAt(raw, 'account'), into(raw)).map(
        (part) => ({ ...part, sender: optionalText(raw, 'account_muxed') }),
      );
    case 'claim_claimable_balance':
      if (raw['claimant'] !== account) return [];
      return credited(await network.effects(operation.id), account, textAt(raw, 'claimant'), null);
    case 'invoke_host_function':
      return contractTransfers(raw, account);
    default:
      return [];
  }
}

/** The credits of an account among effects. */
function credited(effects: Json[], account: string, from: string, muxedId: string | null): Part[] {
  return effects
    .filter((effect) => effect['type'] === 'account_credited' && effect['account'] === account)
    .map((effect) => ({ from, asset: assetAt(effect), amount: unitsAt(effect, 'amount'), muxedId }));
}

function toMuxedId(raw: Json): string | null {
  const id = raw['to_muxed_id'];
  if (typeof id === 'string') return id;
  const muxed = optionalText(raw, 'to_muxed');
  return muxed === null ? null : splitMuxed(muxed).id;
}

function into(raw: Json): string | null {
  const muxed = optionalText(raw, 'into_muxed');
  return muxed === null ? null : splitMuxed(muxed).id;
}

/** Payments by contract accounts: transfers and mints of classic assets through their contract (S24-68, SO-17). */
function contractTransfers(raw: Json, account: string): Part[] {
  const changes = raw['asset_balance_changes'];
  if (!Array.isArray(changes)) return [];
  return changes.filter(isObject).flatMap((change) => {
    const moves = change['type'] === 'transfer' || change['type'] === 'mint';
    if (!moves || change['to'] !== account) return [];
    const id = change['destination_muxed_id'];
    return {
      from: optionalText(change, 'from') ?? textAt(raw, 'source_account'),
      asset: assetAt(change),
      amount: unitsAt(change, 'amount'),
      muxedId: typeof id === 'string' && /^\d{1,20}$/.test(id) ? id : null,
    };
  });
}

function memoOf(transaction: NetworkTransaction): IncomingMemo | null {
  const { memoType: type, memo } = transaction;
  if (memo === null) return type === 'text' ? { type, value: '' } : null;
  // no database keeps a NUL, and nobody may stop the reading of payments by sending one
  if (type === 'text' || type === 'id') return { type, value: memo.replaceAll('\0', '\ufffd') };
  if (type === 'hash' || type === 'return')
    return { type, value: Buffer.from(memo, 'base64').toString('hex') };
  return null;
}
