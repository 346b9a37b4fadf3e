import { AnchorError, messageOf } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import { buildTransaction, type SignedEnvelope } from '../stellar/build.ts';
import type { KeyPair } from '../stellar/keys.ts';
import type { MissingAccount, NetworkAccount, NetworkLedger } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { type Batch, type Item, itemFor, layOut, nextBatch, purseOf, type Sizes, take } from './batch.ts';
import { bind, hold, isStale, release, storeEnvelope, takeSlot } from './book.ts';
import { accountOf, judge } from './destinations.ts';
import { readFreeze } from './freeze.ts';
import { fenced, type Lease } from './lease.ts';
import { policy } from './policy.ts';
import { LOOK, readyFor } from './ready.ts';
import type { EnvelopeRow, Owed, Wait } from './rows.ts';
import { isSignerFault, signerFor } from './signing.ts';

/** What is decided about the payments that are ready, before anything is written. */
interface Sorted {
  items: Item[];
  waits: { owed: Owed; wait: Wait }[];
  holds: { owed: Owed; text: string }[];
}

export interface Prepared {
  /** stored and not yet sent; null where nothing could go */
  envelope: EnvelopeRow | null;
  /** whether to try again in a moment: the network's answer was older than our book, or more may be ready */
  again: boolean;
}

const none: Prepared = { envelope: null, again: false };

/**
 * Makes the next transaction of a source: looks at every destination, takes the slot after a sequence number read just now, signs, and
 * stores slot, bindings and envelope in one database transaction. Nothing has been sent when it returns (reliability R1 to R3).
 *
 * @throws NETWORK_UNAVAILABLE, LEASE_LOST
 */
export async function prepare(ctx: AnchorContext, lease: Lease, source: string): Promise<Prepared> {
  if ((await readFreeze(ctx.db.read)) !== null) return none;
  const ready = await readyFor(ctx, source);
  if (ready.length === 0) return none;
  const [ledger, account] = await Promise.all([ctx.network.latestLedger(), ctx.network.account(source)]);
  if ('missing' in account) {
    await putOff(ctx, lease, ready, operatorWait(`The distribution account ${source} does not exist.`));
    return none;
  }
  const fee = await feePerOperation(ctx, ledger);
  const sizes = sizesOf(ctx, ledger, source);
  const sorted = await sort(ctx, ready, sizes);
  spend(sorted, account, sizes, fee);
  let key: KeyPair;
  try {
    key = await signerFor(ctx, source);
  } catch (error) {
    if (!isSignerFault(error)) throw error;
    await putOff(ctx, lease, ready, { code: 'signatures', text: error.message, user: false });
    return none;
  }
  const turn = account.sequence % 2n === 0n ? 'together' : 'memo';
  const batch = nextBatch(sorted.items, sizes, turn);
  const signed = batch && (await sign(ctx, sorted, batch, { account, ledger, fee, key }));
  try {
    const envelope = await store(ctx, lease, sorted, signed, account);
    return { envelope, again: ready.length >= LOOK };
  } catch (error) {
    if (!isStale(error) && !isMovedElsewhere(error)) throw error;
    ctx.log.warn('payment_put_back', { source, error: messageOf(error) });
    if (isStale(error) && (await bookIsOld(ctx, source))) {
      const text = `The network knows less of ${source} than our own book. Was it reset? See anchor doctor.`;
      await putOff(ctx, lease, ready, { code: 'network', text, user: false });
      return none;
    }
    return { envelope: null, again: true };
  }
}

/** A server that lags catches up; one that is behind what we booked a minute ago is another network, or a reset one. */
async function bookIsOld(ctx: AnchorContext, source: string): Promise<boolean> {
  const last = await ctx.db.read
    .selectFrom('slots')
    .select('updated_at')
    .where('source_account', '=', source)
    .orderBy('sequence', 'desc')
    .executeTakeFirst();
  return last !== undefined && ctx.clock.now() - Date.parse(last.updated_at) > policy.lagMs;
}

const operatorWait = (text: string): Wait => ({ code: 'operator', text, user: false });

const isMovedElsewhere = (error: unknown): boolean =>
  AnchorError.is(error) && (error.code === 'OBLIGATION_MOVED' || error.code === 'TRANSACTION_MOVED');

function sizesOf(ctx: AnchorContext, ledger: NetworkLedger, source: string): Sizes {
  return {
    operations: Math.max(2, Math.min(limits.operationsPerTransaction, ledger.operationsPerLedger)),
    startingBalance: ctx.project.stellar.startingBalance,
    baseReserve: ledger.baseReserve,
    distribution: source,
  };
}

/** What recent ledgers asked for, never above the configured cap; the network charges only what it needs. */
async function feePerOperation(ctx: AnchorContext, ledger: NetworkLedger): Promise<bigint> {
  const asked = await ctx.network.feeStats().catch(() => null);
  const wanted = [ledger.baseFee, asked?.p90Fee ?? 0n].reduce((a, b) => (a > b ? a : b));
  const cap = ctx.project.stellar.maxFee;
  return wanted > cap ? cap : wanted;
}

async function sort(ctx: AnchorContext, ready: Owed[], sizes: Sizes): Promise<Sorted> {
  const accounts = await lookUp(ctx, ready);
  const sorted: Sorted = { items: [], waits: [], holds: [] };
  const rules = {
    minimumBalance: 2n * sizes.baseReserve,
    accountCreation: ctx.project.sep24.accountCreation,
    claimableBalances: ctx.project.sep24.claimableBalances,
  };
  for (const owed of ready) {
    const id = accountOf(owed.obligation.destination ?? '');
    const account = id === null ? null : accounts.get(id);
    if (account === undefined) {
      const wait: Wait = { code: 'network', text: 'The network could not be asked.', user: false };
      sorted.waits.push({ owed, wait });
      continue;
    }
    const verdict = judge(owed, account, rules);
    if (verdict.how === 'hold') sorted.holds.push({ owed, text: verdict.text });
    else if (verdict.how === 'wait') sorted.waits.push({ owed, wait: verdict.wait });
    else sorted.items.push(itemFor(owed, verdict, sizes));
  }
  return sorted;
}

/** Each destination once, few at a time. One that cannot be read is left out and looked at later. */
async function lookUp(
  ctx: AnchorContext,
  ready: Owed[],
): Promise<Map<string, NetworkAccount | MissingAccount>> {
  const ids = new Set<string>();
  for (const { obligation } of ready) {
    const id = accountOf(obligation.destination ?? '');
    if (id !== null) ids.add(id);
  }
  const found = new Map<string, NetworkAccount | MissingAccount>();
  const queue = [...ids];
  const lane = async (): Promise<void> => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      try {
        found.set(id, await ctx.network.account(id));
      } catch (error) {
        ctx.log.warn('destination_not_read', { account: id, error: messageOf(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: policy.lookupsInFlight }, lane));
  return found;
}

/** Oldest first out of the purse; what it does not hold waits for funds, and the user never sees an error for it. */
function spend(sorted: Sorted, account: NetworkAccount, sizes: Sizes, fee: bigint): void {
  const purse = purseOf(account, sizes.baseReserve);
  sorted.items = sorted.items.filter((item) => {
    if (take(purse, item, fee * BigInt(item.operations.length))) return true;
    const what = item.xlm > purse.xlm ? 'XLM' : item.owed.asset.code;
    const text = `The distribution account ${account.id} has not enough ${what}.`;
    sorted.waits.push({ owed: item.owed, wait: { code: 'funds', text, user: false } });
    return false;
  });
}

interface Terms {
  account: NetworkAccount;
  ledger: NetworkLedger;
  fee: bigint;
  key: KeyPair;
}

interface SignedBatch {
  batch: Batch;
  signed: SignedEnvelope;
  marks: { index: number; id: string }[];
  maxLedger: number;
  maxTime: number;
  fee: bigint;
}

/** Signs the batch; an obligation of which no transaction can be built is held and the others go on. */
async function sign(
  ctx: AnchorContext,
  sorted: Sorted,
  batch: Batch,
  terms: Terms,
): Promise<SignedBatch | null> {
  const { account, ledger, fee, key } = terms;
  const maxLedger = Math.max(ledger.sequence, account.ledger) + limits.envelopeLedgers;
  const maxTime = ledger.closeTime + limits.envelopeSeconds;
  const build = async (items: Item[]): Promise<SignedBatch> => {
    const part = { items, memo: batch.memo };
    const { operations, marks } = layOut(part);
    const signed = await buildTransaction({
      passphrase: ctx.network.passphrase,
      source: account.id,
      sequence: account.sequence + 1n,
      feePerOperation: fee,
      operations,
      memo: batch.memo,
      maxTime,
      maxLedger,
      signers: [key],
    });
    return { batch: part, signed, marks, maxLedger, maxTime, fee: fee * BigInt(operations.length) };
  };
  try {
    return await build(batch.items);
  } catch (error) {
    if (!AnchorError.is(error) || error.code !== 'TRANSACTION_INVALID') throw error;
  }
  const good: Item[] = [];
  for (const item of batch.items) {
    try {
      await build([item]);
      good.push(item);
    } catch (error) {
      sorted.holds.push({ owed: item.owed, text: messageOf(error) });
    }
  }
  return good.length === 0 ? null : build(good);
}

async function store(
  ctx: AnchorContext,
  lease: Lease,
  sorted: Sorted,
  signed: SignedBatch | null,
  account: NetworkAccount,
): Promise<EnvelopeRow | null> {
  if (signed === null && sorted.waits.length === 0 && sorted.holds.length === 0) return null;
  if (signed !== null) {
    const envelope = await fenced(ctx, lease, async (trx) => {
      const slot = await takeSlot(ctx, trx, account.id, account.sequence + 1n);
      await bind(ctx, trx, slot, signed.batch);
      return storeEnvelope(ctx, trx, slot, { ...signed, purpose: 'payment' });
    });
    await setAside(ctx, lease, sorted);
    return envelope;
  }
  await setAside(ctx, lease, sorted);
  return null;
}

/** Writes down who waits for what; apart from the payment itself, because none of them may keep it back. */
async function setAside(ctx: AnchorContext, lease: Lease, sorted: Sorted): Promise<void> {
  for (const { owed, wait } of sorted.waits) {
    await alone(ctx, owed, () => fenced(ctx, lease, (trx) => release(ctx, trx, owed.obligation, wait)));
  }
  for (const { owed, text } of sorted.holds) {
    await alone(ctx, owed, () => fenced(ctx, lease, (trx) => hold(ctx, trx, owed.obligation, text)));
  }
}

async function alone(ctx: AnchorContext, owed: Owed, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isMovedElsewhere(error)) throw error;
    ctx.log.warn('payment_moved_elsewhere', { obligation: owed.obligation.id });
  }
}

async function putOff(ctx: AnchorContext, lease: Lease, all: Owed[], wait: Wait): Promise<void> {
  await setAside(ctx, lease, { items: [], waits: all.map((owed) => ({ owed, wait })), holds: [] });
}
