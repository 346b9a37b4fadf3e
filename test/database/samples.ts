import type { Insertable } from 'kysely';
import type { Database } from '../../src/database/index.ts';
import type { AssetsTable, Tables } from '../../src/database/schema.ts';

const AT = '2026-01-02T03:04:05.678Z';
const ACCOUNT = 'GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7';

let count = 0;
const next = (name: string): string => `${name}-${++count}`;

export const sampleAsset = (changes: Partial<Insertable<AssetsTable>> = {}): Insertable<AssetsTable> => ({
  id: next('asset'),
  code: 'SRT',
  issuer: next('issuer'),
  distribution_account: ACCOUNT,
  distribution_seed: null,
  anchored_asset: null,
  description: null,
  deposit_min_units: null,
  deposit_max_units: null,
  deposit_fee_minimum_units: null,
  withdrawal_min_units: null,
  withdrawal_max_units: null,
  withdrawal_fee_minimum_units: null,
  created_at: AT,
  ...changes,
});

export const sampleTransaction = (
  assetId: string,
  changes: Partial<Insertable<Tables['transactions']>> = {},
): Insertable<Tables['transactions']> => ({
  id: next('transaction'),
  sep: '24',
  kind: 'deposit',
  status: 'incomplete',
  asset_id: assetId,
  owner: ACCOUNT,
  subject: ACCOUNT,
  account: ACCOUNT,
  reference: next('reference'),
  started_at: AT,
  updated_at: AT,
  ...changes,
});

export const sampleSlot = (
  changes: Partial<Insertable<Tables['slots']>> = {},
): Insertable<Tables['slots']> => ({
  id: next('slot'),
  source_account: ACCOUNT,
  sequence: BigInt(++count),
  state: 'open',
  evidence: null,
  created_at: AT,
  updated_at: AT,
  ...changes,
});

export const sampleObligation = (
  transactionId: string,
  assetId: string,
  changes: Partial<Insertable<Tables['obligations']>> = {},
): Insertable<Tables['obligations']> => ({
  id: next('obligation'),
  transaction_id: transactionId,
  leg: 'stellar',
  purpose: 'deliver',
  asset_id: assetId,
  amount_units: 10n,
  destination: ACCOUNT,
  state: 'owed',
  created_at: AT,
  updated_at: AT,
  ...changes,
});

export const sampleEnvelope = (
  slot: Insertable<Tables['slots']>,
  changes: Partial<Insertable<Tables['envelopes']>> = {},
): Insertable<Tables['envelopes']> => ({
  hash: next('hash'),
  inner_hash: next('inner'),
  slot_id: slot.id,
  purpose: 'deliver',
  xdr: 'AAAA',
  source_account: slot.source_account,
  sequence: slot.sequence,
  max_ledger: 4_294_967_295,
  max_time: 1_800_000_000,
  fee_units: 100n,
  state: 'signed',
  created_at: AT,
  updated_at: AT,
  ...changes,
});

/** An asset and a transaction in it. */
export async function insertSamples(
  db: Database,
  changes: Partial<Insertable<Tables['transactions']>> = {},
): Promise<{ assetId: string; transactionId: string }> {
  const asset = sampleAsset();
  const transaction = sampleTransaction(asset.id, changes);
  await db.read.insertInto('assets').values(asset).execute();
  await db.read.insertInto('transactions').values(transaction).execute();
  return { assetId: asset.id, transactionId: transaction.id };
}

export const at = AT;
export const account = ACCOUNT;
