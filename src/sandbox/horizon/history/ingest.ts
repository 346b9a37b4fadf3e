import { SignerKey, type xdr } from '@stellar/stellar-sdk';
import type { AppliedTransaction, ClosedLedger, EntryChange } from '../../ledger/types.ts';
import { toid } from '../toid.ts';
import { sponsorOf } from './changes.ts';
import { effectsOf } from './effects.ts';
import { type Address, accountOf, addressOf, type OpenEnvelope, openEnvelope } from './envelope.ts';
import { operationDetails } from './operation-details.ts';
import { changedAccounts, operationBalances, operationParticipants } from './participants.ts';
import { operationResults } from './result.ts';
import type { LedgerRow, OperationRow, TransactionRow } from './rows.ts';
import { tradesOf } from './trades.ts';
import { transactionDetails } from './transaction-details.ts';

/** Horizon's names of operation types by their number. */
const TYPES = [
  'create_account',
  'payment',
  'path_payment_strict_receive',
  'manage_sell_offer',
  'create_passive_sell_offer',
  'set_options',
  'change_trust',
  'allow_trust',
  'account_merge',
  'inflation',
  'manage_data',
  'bump_sequence',
  'manage_buy_offer',
  'path_payment_strict_send',
  'create_claimable_balance',
  'claim_claimable_balance',
  'begin_sponsoring_future_reserves',
  'end_sponsoring_future_reserves',
  'revoke_sponsorship',
  'clawback',
  'clawback_claimable_balance',
  'set_trust_line_flags',
  'liquidity_pool_deposit',
  'liquidity_pool_withdraw',
  'invoke_host_function',
  'extend_footprint_ttl',
  'restore_footprint',
];

const PAYMENTS = new Set([0, 1, 2, 8, 13]);

function sourceOf(operation: xdr.Operation, transaction: OpenEnvelope): Address {
  const own = operation.sourceAccount();
  return own ? addressOf(own) : transaction.source;
}

/** Who began the sponsorship that the operation at `index` ends. */
function beginnerOf(envelope: OpenEnvelope, index: number, sponsored: string): Address | undefined {
  for (let at = index - 1; at >= 0; at--) {
    const operation = envelope.operations[at] as xdr.Operation;
    const body = operation.body();
    if (body.switch().name !== 'beginSponsoringFutureReserves') continue;
    if (accountOf(body.beginSponsoringFutureReservesOp().sponsoredId()) === sponsored) {
      return sourceOf(operation, envelope);
    }
  }
  return undefined;
}

function newSigner(body: xdr.OperationBody): string | undefined {
  if (body.switch().name !== 'setOptions') return undefined;
  const signer = body.setOptionsOp().signer();
  return signer ? SignerKey.encodeSignerKey(signer.key()) : undefined;
}

function operationRow(
  envelope: OpenEnvelope,
  id: bigint,
  index: number,
  result: xdr.OperationResultTr | undefined,
  changes: EntryChange[],
): OperationRow {
  const operation = envelope.operations[index] as xdr.Operation;
  const body = operation.body();
  const number = body.switch().value;
  const source = sourceOf(operation, envelope);
  const ends = result !== undefined && body.switch().name === 'endSponsoringFutureReserves';
  const beginSponsor = ends ? beginnerOf(envelope, index, source.account) : undefined;
  const sponsor = sponsorOf(changes, newSigner(body));
  return {
    type: TYPES[number] ?? 'unknown',
    number,
    source: source.account,
    ...(source.muxed === undefined ? {} : { muxed: source.muxed }),
    payment: PAYMENTS.has(number),
    participants: operationParticipants(source, body, beginSponsor, sponsor),
    balances: operationBalances(body, changes),
    details: { sponsor, ...operationDetails({ source, body, result, beginSponsor }) },
    effects: result === undefined ? [] : effectsOf({ source, body, result, changes }),
    trades: result === undefined ? [] : tradesOf({ operation: id, buyer: source.account, result, changes }),
  };
}

/** Turns an applied transaction into the row that pages are made from. */
export function transactionRow(applied: AppliedTransaction): TransactionRow {
  const envelope = openEnvelope(applied.envelopeXdr);
  const results = applied.successful ? operationResults(applied.resultXdr) : [];
  const operations = envelope.operations.map((_, index) =>
    operationRow(
      envelope,
      toid(applied.ledger, applied.order, index + 1),
      index,
      applied.successful ? results[index]?.tr() : undefined,
      applied.operationChanges[index] ?? [],
    ),
  );
  const bump = envelope.feeBump;
  const outerSignatures = bump?.signatures ?? envelope.signatures;
  const participants = [
    envelope.source.account,
    applied.feeAccount,
    ...changedAccounts(applied.feeChanges),
    ...operations.flatMap((operation) => operation.participants),
  ];
  return {
    ledger: applied.ledger,
    order: applied.order,
    closeTime: applied.closeTime,
    hash: applied.hash,
    ...(applied.innerHash === undefined ? {} : { innerHash: applied.innerHash }),
    envelopeXdr: applied.envelopeXdr,
    resultXdr: applied.resultXdr,
    resultMetaXdr: applied.resultMetaXdr,
    feeMetaXdr: applied.feeMetaXdr,
    successful: applied.successful,
    feeCharged: applied.feeCharged.toString(),
    participants: [...new Set(participants)],
    balances: [...new Set(operations.flatMap((operation) => operation.balances))],
    details: transactionDetails(envelope),
    signatures: outerSignatures,
    ...(bump === undefined || applied.innerHash === undefined
      ? {}
      : { inner: { hash: applied.innerHash, signatures: envelope.signatures, max_fee: envelope.maxFee } }),
    operations,
  };
}

export function ledgerRow(closed: ClosedLedger): LedgerRow {
  return {
    header: closed.header,
    successfulCount: closed.successfulCount,
    failedCount: closed.failedCount,
    operationCount: closed.operationCount,
    txSetOperationCount: closed.txSetOperationCount,
    transactions: closed.transactions.map(transactionRow),
  };
}
