import type { xdr } from '@stellar/stellar-sdk';
import { formatFixed } from '../../../kernel/amounts.ts';
import type { AccountEntry, ClaimableBalanceEntry, EntryChange } from '../../ledger/types.ts';
import { assetFields, assetOf } from '../assets.ts';
import type { Fields } from '../json.ts';
import { byKind, changesOf, weightsOf } from './changes.ts';
import { EffectList } from './effect-list.ts';
import { type Address, accountOf, addressOf } from './envelope.ts';
import { allowTrustAsset, strictReceiveSpent } from './operation-details.ts';
import { openPredicate, predicateFields } from './predicate.ts';
import type { EffectRow } from './rows.ts';
import { addSponsorshipEffects } from './sponsorship-effects.ts';
import { addTradeEffects } from './trade-effects.ts';

export interface EffectParts {
  source: Address;
  body: xdr.OperationBody;
  result: xdr.OperationResultTr;
  changes: EntryChange[];
}

type Builder = (list: EffectList, parts: EffectParts) => void;

const amountOf = (stroops: bigint): Fields => ({ amount: formatFixed(stroops) });

function addMoved(
  list: EffectList,
  from: { address: Address; asset: string; amount: bigint },
  to: { address: Address; asset: string; amount: bigint },
): void {
  list.add(to.address, 'account_credited', { ...assetFields(to.asset), ...amountOf(to.amount) });
  list.add(from.address, 'account_debited', { ...assetFields(from.asset), ...amountOf(from.amount) });
}

const createAccount: Builder = (list, { source, body }) => {
  const op = body.createAccountOp();
  const destination = accountOf(op.destination());
  const amount = op.startingBalance().toBigInt();
  list.add(destination, 'account_created', { starting_balance: formatFixed(amount) });
  list.add(source, 'account_debited', { ...assetFields('native'), ...amountOf(amount) });
  list.add(destination, 'signer_created', { weight: 1, public_key: destination, key: '' });
};

const payment: Builder = (list, { source, body }) => {
  const op = body.paymentOp();
  const moved = { asset: assetOf(op.asset()), amount: op.amount().toBigInt() };
  addMoved(list, { address: source, ...moved }, { address: addressOf(op.destination()), ...moved });
};

const strictReceive: Builder = (list, { source, body, result }) => {
  const op = body.pathPaymentStrictReceiveOp();
  const spent = strictReceiveSpent(op, result);
  addMoved(
    list,
    { address: source, asset: assetOf(op.sendAsset()), amount: spent },
    {
      address: addressOf(op.destination()),
      asset: assetOf(op.destAsset()),
      amount: op.destAmount().toBigInt(),
    },
  );
  addTradeEffects(list, source, result.pathPaymentStrictReceiveResult().success().offers());
};

const strictSend: Builder = (list, { source, body, result }) => {
  const op = body.pathPaymentStrictSendOp();
  const success = result.pathPaymentStrictSendResult().success();
  addMoved(
    list,
    { address: source, asset: assetOf(op.sendAsset()), amount: op.sendAmount().toBigInt() },
    {
      address: addressOf(op.destination()),
      asset: assetOf(op.destAsset()),
      amount: success.last().amount().toBigInt(),
    },
  );
  addTradeEffects(list, source, success.offers());
};

const offer: Builder = (list, { source, result }) => {
  const inner = result.value() as unknown as { success(): xdr.ManageOfferSuccessResult };
  addTradeEffects(list, source, inner.success().offersClaimed());
};

function addSignerEffects(
  list: EffectList,
  source: Address,
  before: AccountEntry,
  after: AccountEntry,
): void {
  const earlier = weightsOf(before);
  const now = weightsOf(after);
  for (const key of [...earlier.keys()].sort()) {
    const weight = now.get(key);
    if (weight === undefined) list.add(source, 'signer_removed', { weight: 0, public_key: key, key: '' });
    else if (weight !== earlier.get(key)) {
      list.add(source, 'signer_updated', { weight, public_key: key, key: '' });
    }
  }
  for (const key of [...now.keys()].sort()) {
    if (!earlier.has(key)) {
      list.add(source, 'signer_created', { weight: now.get(key), public_key: key, key: '' });
    }
  }
}

/** Of the flags Horizon's answer only has a place for `auth_required`; an effect is there for each. */
function flagsEffect(op: xdr.SetOptionsOp): Fields | null {
  const set = op.setFlags() ?? 0;
  const clear = op.clearFlags() ?? 0;
  if (((set | clear) & 15) === 0) return null;
  if ((clear & 1) !== 0) return { auth_required_flag: false };
  return (set & 1) !== 0 ? { auth_required_flag: true } : {};
}

const setOptions: Builder = (list, { source, body, changes }) => {
  const op = body.setOptionsOp();
  const domain = op.homeDomain();
  if (domain !== null && domain !== undefined) {
    list.add(source, 'account_home_domain_updated', { home_domain: domain.toString() });
  }
  const [low, medium, high] = [op.lowThreshold(), op.medThreshold(), op.highThreshold()];
  if ([low, medium, high].some((threshold) => threshold !== null && threshold !== undefined)) {
    list.add(source, 'account_thresholds_updated', {
      low_threshold: low ?? 0,
      med_threshold: medium ?? 0,
      high_threshold: high ?? 0,
    });
  }
  const flags = flagsEffect(op);
  if (flags !== null) list.add(source, 'account_flags_updated', flags);
  if (op.inflationDest()) list.add(source, 'account_inflation_destination_updated');
  for (const { before, after } of changesOf(changes, 'account')) {
    if (before !== null && after !== null) addSignerEffects(list, source, before, after);
  }
};

const changeTrust: Builder = (list, { source, body, changes }) => {
  const [change] = changesOf(changes, 'trustline');
  if (change === undefined) return;
  const op = body.changeTrustOp();
  const step = change.before === null ? 'created' : change.after === null ? 'removed' : 'updated';
  list.add(source, `trustline_${step}`, {
    ...assetFields((change.after ?? change.before)?.asset ?? 'native'),
    limit: formatFixed(op.limit().toBigInt()),
  });
};

/** `set` and `clear` as bits; the misspelled name of the second flag finds no place in Horizon's answer. */
function addTrustFlags(
  list: EffectList,
  source: Address,
  trustor: string,
  asset: string,
  set: number,
  clear: number,
): void {
  const flag = (bit: number) => ((clear & bit) !== 0 ? false : (set & bit) !== 0 ? true : undefined);
  list.add(source, 'trustline_flags_updated', {
    ...assetFields(asset),
    trustor,
    authorized_flag: flag(1),
    clawback_enabled_flag: flag(4),
  });
}

const allowTrust: Builder = (list, { source, body }) => {
  const op = body.allowTrustOp();
  const asset = allowTrustAsset(op, source);
  const trustor = accountOf(op.trustor());
  const { asset_issuer: _issuer, ...shown } = assetFields(asset);
  const authorize = op.authorize();
  if ((authorize & 1) !== 0) {
    list.add(source, 'trustline_authorized', { trustor, ...shown });
    addTrustFlags(list, source, trustor, asset, 1, 0);
  } else if ((authorize & 2) !== 0) {
    list.add(source, 'trustline_authorized_to_maintain_liabilities', { trustor, ...shown });
    addTrustFlags(list, source, trustor, asset, 2, 0);
  } else {
    list.add(source, 'trustline_deauthorized', { trustor, ...shown });
    addTrustFlags(list, source, trustor, asset, 0, 3);
  }
};

const setTrustLineFlags: Builder = (list, { source, body }) => {
  const op = body.setTrustLineFlagsOp();
  addTrustFlags(list, source, accountOf(op.trustor()), assetOf(op.asset()), op.setFlags(), op.clearFlags());
};

const accountMerge: Builder = (list, { source, body, result }) => {
  const amount = result.accountMergeResult().sourceAccountBalance().toBigInt();
  const details = { ...assetFields('native'), ...amountOf(amount) };
  list.add(source, 'account_debited', details);
  list.add(addressOf(body.destination()), 'account_credited', details);
  list.add(source, 'account_removed');
};

const manageData: Builder = (list, { source, body, changes }) => {
  const [change] = changesOf(changes, 'data');
  if (change === undefined) return;
  const name = body.manageDataOp().dataName().toString();
  if (change.after === null) {
    list.add(source, 'data_removed', { name });
    return;
  }
  const value = Buffer.from(change.after.value).toString('base64');
  list.add(source, change.before === null ? 'data_created' : 'data_updated', { name, value });
};

const bumpSequence: Builder = (list, { source, changes }) => {
  const [change] = changesOf(changes, 'account');
  if (!change?.before || !change.after || change.before.sequence === change.after.sequence) return;
  list.add(source, 'sequence_bumped', { new_seq: change.after.sequence.toString() });
};

const balanceFields = (balance: ClaimableBalanceEntry): Fields => ({
  asset: balance.asset,
  balance_id: balance.id,
  ...amountOf(balance.amount),
});

const createBalance: Builder = (list, { source, body, changes }) => {
  const balance = changesOf(changes, 'claimable_balance').find((change) => change.after !== null)?.after;
  if (!balance) return;
  list.add(source, 'claimable_balance_created', balanceFields(balance));
  for (const claimant of body.createClaimableBalanceOp().claimants()) {
    list.add(accountOf(claimant.v0().destination()), 'claimable_balance_claimant_created', {
      ...balanceFields(balance),
      predicate: predicateFields(openPredicate(claimant.v0().predicate())),
    });
  }
  list.add(source, 'account_debited', { ...assetFields(balance.asset), ...amountOf(balance.amount) });
};

const removedBalance = (changes: EntryChange[]): ClaimableBalanceEntry | null =>
  changesOf(changes, 'claimable_balance').find((change) => change.after === null)?.before ?? null;

const claimBalance: Builder = (list, { source, changes }) => {
  const balance = removedBalance(changes);
  if (balance === null) return;
  list.add(source, 'claimable_balance_claimed', balanceFields(balance));
  list.add(source, 'account_credited', { ...assetFields(balance.asset), ...amountOf(balance.amount) });
};

const clawback: Builder = (list, { source, body }) => {
  const op = body.clawbackOp();
  const details = { ...assetFields(assetOf(op.asset())), ...amountOf(op.amount().toBigInt()) };
  list.add(source, 'account_credited', details);
  list.add(addressOf(op.from()), 'account_debited', details);
};

const clawbackBalance: Builder = (list, { source, changes }) => {
  const balance = removedBalance(changes);
  if (balance === null) return;
  list.add(source, 'claimable_balance_clawed_back', { balance_id: balance.id });
  list.add(source, 'account_credited', { ...assetFields(balance.asset), ...amountOf(balance.amount) });
};

const BUILDERS: Record<string, Builder> = {
  createAccount,
  payment,
  pathPaymentStrictReceive: strictReceive,
  pathPaymentStrictSend: strictSend,
  manageSellOffer: offer,
  manageBuyOffer: offer,
  createPassiveSellOffer: offer,
  setOptions,
  changeTrust,
  allowTrust,
  setTrustLineFlags,
  accountMerge,
  manageData,
  bumpSequence,
  createClaimableBalance: createBalance,
  claimClaimableBalance: claimBalance,
  clawback,
  clawbackClaimableBalance: clawbackBalance,
};

/** The effects of one successful operation, in Horizon's order. */
export function effectsOf(parts: EffectParts): EffectRow[] {
  const list = new EffectList();
  const changes = byKind(parts.changes);
  BUILDERS[parts.body.switch().name]?.(list, { ...parts, changes });
  addSponsorshipEffects(list, parts.source, changes);
  return list.rows;
}
