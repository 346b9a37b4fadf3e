import type { Memo } from '../../../src/kernel/memos.ts';
import { isMuxed, splitMuxed } from '../../../src/kernel/strkey.ts';
import type { Flow } from '../flow.ts';
import { ratesBetween } from '../prices.ts';
import type { World } from '../world.ts';
import { type Moved, readLedger } from './ledger.ts';

const CENT = 100_000n;
const FIXED = 10_000_000n;

/** One percent, and the rest at a rate: of what comes in, in cents and in favour of the house. Hundredths of a euro for one of the asset. */
function exchanged(kind: Flow['kind'], units: bigint, rate: bigint): bigint {
  const percent = (units + 99n) / 100n;
  const fee = percent % CENT === 0n ? percent : percent + CENT - (percent % CENT);
  const raw = kind === 'deposit' ? ((units - fee) * 100n) / rate : ((units - fee) * rate) / 100n;
  return raw - (raw % CENT);
}

/**
 * Whether so much is what a flow's money is worth: as promised, where it was promised and came in time; else at a rate that held between
 * its coming and its going.
 */
function isWorth(
  flow: Flow,
  came: { units: bigint; at: number },
  out: { units: bigint; at: number },
): boolean {
  const { promised, exchange, kind } = flow;
  if (exchange === null) return outOf(kind, came.units) === out.units;
  if (promised !== null && came.units === promised.sell && came.at < promised.until)
    return out.units === promised.buy;
  return ratesBetween(came.at, out.at).some((rate) => exchanged(kind, came.units, rate) === out.units);
}

/** What is delivered for so much, by the fees that the run's asset has: one unit for a deposit, one percent for a withdrawal. */
export function outOf(kind: Flow['kind'], units: bigint): bigint {
  const raw = kind === 'deposit' ? units - FIXED : units - (units + 99n) / 100n;
  return raw - (raw % CENT);
}

export const baseOf = (account: string): string => (isMuxed(account) ? splitMuxed(account).account : account);
export const muxedOf = (account: string): string | null => (isMuxed(account) ? splitMuxed(account).id : null);

/** The deposit that a payment of ours went to, by destination, muxed id and memo: every one is unique in a run. */
export function depositOf(world: World, paid: Moved): Flow | undefined {
  return world.flows.find(
    (flow) =>
      flow.kind === 'deposit' &&
      baseOf(flow.account) === paid.other &&
      muxedOf(flow.account) === paid.muxedId &&
      (flow.memo === null ? paid.memo === null : sameMemo(flow.memo, paid)),
  );
}

function sameMemo(memo: { type: string; value: string }, paid: Moved): boolean {
  if (memo.type !== paid.memoType) return false;
  const value = memo.type === 'hash' ? Buffer.from(memo.value, 'hex').toString('base64') : memo.value;
  return value === paid.memo;
}

/** References as people copy them: spaces, dashes and case do not count. */
export function sameReference(a: string | null | undefined, b: string | null | undefined): boolean {
  const plain = (text: string | null | undefined): string => (text ?? '').replace(/[\s-]/g, '').toUpperCase();
  return plain(a) === plain(b);
}

/** What came in for a withdrawal by its memo or muxed id, in the right asset. */
export function paidIn(world: World, flow: Flow): Moved[] {
  if (flow.paymentMemo === null) return [];
  return readLedger(world).incoming.filter(
    (moved) =>
      moved.asset === world.assetKey &&
      (moved.muxedId === flow.paymentMemo ||
        (moved.muxedId === null && moved.memoType === 'id' && moved.memo === flow.paymentMemo)),
  );
}

/** Payments of ours in the asset that delivered a deposit. */
export function deliveriesOf(world: World, flow: Flow): Moved[] {
  return readLedger(world).outgoing.filter(
    (paid) => paid.asset === world.assetKey && depositOf(world, paid) === flow && !isRefund(world, paid),
  );
}

/** A payment of ours back to somebody who has paid us before. */
export function isRefund(world: World, paid: Moved): boolean {
  return readLedger(world).incoming.some((moved) => moved.other === paid.other && moved.asset === paid.asset);
}

/** Whether all that came for a withdrawal is back with its sender; nothing came: there is nothing to go back. */
export function isReturned(world: World, flow: Flow): boolean {
  const came = paidIn(world, flow).reduce((sum, moved) => sum + moved.units, 0n);
  return refundsTo(world, baseOf(flow.account)) >= came;
}

/** The refund memos that were asked for with what an account has paid us for. */
function refundMemosOf(world: World, account: string): Memo[] {
  return world.flows.flatMap((flow) =>
    flow.refundMemo !== null && baseOf(flow.account) === account && paidIn(world, flow).length > 0
      ? [flow.refundMemo]
      : [],
  );
}

/** Whether a refund has the memo of a payment that came from there: an exchange has to know whose it is. */
function answersOne(world: World, paid: Moved): boolean {
  const { incoming } = readLedger(world);
  const wanted = refundMemosOf(world, paid.other);
  if (wanted.length > 0) return wanted.some((memo) => sameMemo(memo, paid));
  const memoOf = ({ memo, memoType }: Moved): string =>
    memo === null || memo === '' ? 'none' : `${memoType === 'return' ? 'hash' : memoType} ${memo}`;
  return incoming.some(
    (moved) => moved.other === paid.other && moved.asset === paid.asset && memoOf(moved) === memoOf(paid),
  );
}

/** M1, M2, M4: what left by the ledger and by the bank, against what came in by both. */
export function checkMoney(world: World): void {
  const truth = readLedger(world);
  for (const flow of world.flows) {
    if (flow.kind === 'deposit') checkDeposit(world, flow);
    else checkWithdrawal(world, flow);
  }
  const ids = new Map(world.flows.map((flow) => [flow.id, flow]));
  for (const payout of world.bank.payouts.values()) {
    if (payout.paid > 1) world.violation(`M2 the bank paid the key ${payout.key} ${payout.paid} times`);
    if (payout.creditId !== null && !world.bank.credits.some(({ credit }) => credit.id === payout.creditId)) {
      world.violation(`M4 the bank sent ${payout.units} back for ${payout.creditId}, which never came`);
    }
    if (payout.transactionId !== null && !ids.has(payout.transactionId)) {
      world.violation(`M2 the bank paid for ${payout.transactionId}, which nobody asked for`);
    }
  }
  for (const key of world.bank.changedOrders) world.violation(`M2 the order of the key ${key} changed`);
  for (const paid of truth.outgoing) {
    if (world.owns(paid.other) || world.operated.has(paid.hash)) continue;
    if (paid.asset !== world.assetKey) continue;
    if (isRefund(world, paid) && depositOf(world, paid) === undefined && !answersOne(world, paid)) {
      world.violation(`M4 ${paid.hash} goes back to ${paid.other} with a memo that it did not come with`);
    }
    if (!isRefund(world, paid) && depositOf(world, paid) === undefined) {
      world.violation(`M1 ${paid.units} went to ${paid.other} in ${paid.hash}, and nobody was owed it`);
    }
  }
  checkRefunds(world, truth.outgoing, truth.incoming);
  for (const record of world.bank.credits) {
    if (record.refunded > record.units) {
      world.violation(
        `M4 ${record.refunded} of the credit ${record.credit.id} went back, and ${record.units} came`,
      );
    }
  }
}

function checkDeposit(world: World, flow: Flow): void {
  const deliveries = deliveriesOf(world, flow);
  if (deliveries.length > 1) {
    const hashes = deliveries.map((paid) => paid.hash.slice(0, 8)).join(', ');
    world.violation(`M1 ${flow.name} (${flow.id}) was paid ${deliveries.length} times: ${hashes}`);
  }
  const [paid] = deliveries;
  if (paid === undefined) return;
  const credits = world.bank.credits.filter(
    (record) =>
      sameReference(record.credit.reference, flow.reference) && record.visibleAt <= world.scheduler.now,
  );
  const owed = credits.filter((record) =>
    isWorth(flow, { units: record.units, at: Date.parse(record.credit.at ?? '') }, paid),
  );
  if (owed.length === 0) {
    world.violation(`M1 ${flow.name} (${flow.id}) was paid ${paid.units}, and no credit is worth that`);
  } else if (owed.every((record) => record.refunded > 0n)) {
    world.violation(`M1 ${flow.name} (${flow.id}) was paid on the ledger and back at the bank`);
  }
}

function checkWithdrawal(world: World, flow: Flow): void {
  const payouts = [...world.bank.payouts.values()].filter((payout) => payout.transactionId === flow.id);
  const paid = payouts.reduce((sum, payout) => sum + payout.paid, 0);
  if (paid > 1) world.violation(`M2 ${flow.name} (${flow.id}) was paid out ${paid} times`);
  const [payout] = payouts;
  if (payout === undefined) return;
  const came = paidIn(world, flow);
  const worth = came.find((moved) => isWorth(flow, moved, { units: payout.units, at: payout.takenAt }));
  if (worth === undefined) {
    const units = came.map((moved) => moved.units).join(', ');
    world.violation(`M2 ${flow.name} (${flow.id}) was paid out ${payout.units}, and [${units}] came in`);
  }
  const total = came.reduce((sum, moved) => sum + moved.units, 0n);
  // in what came in: the bank pays another asset where it is an exchange
  const out = payouts.reduce(
    (sum, one) => sum + (flow.exchange === null ? one.units : (worth?.units ?? 0n)) * BigInt(one.paid),
    0n,
  );
  const back = refundsOf(world, came);
  if (out + back > total) {
    world.violation(`M4 ${flow.name} (${flow.id}): ${out} paid out and ${back} refunded of ${total}`);
  }
}

/** What went back to an account in the asset. */
export function refundsTo(world: World, account: string): bigint {
  return readLedger(world)
    .outgoing.filter(
      (paid) => paid.other === account && paid.asset === world.assetKey && !world.operated.has(paid.hash),
    )
    .reduce((sum, paid) => sum + paid.units, 0n);
}

/** What went back of just these payments: only where their senders paid us nothing else can it be told. */
function refundsOf(world: World, came: Moved[]): bigint {
  const { incoming } = readLedger(world);
  const senders = new Set(came.map((moved) => moved.other));
  if (incoming.some((moved) => senders.has(moved.other) && !came.includes(moved))) return 0n;
  return [...senders].reduce((sum, sender) => sum + refundsTo(world, sender), 0n);
}

/** M4 for each sender and asset: no more goes back than came. */
function checkRefunds(world: World, outgoing: Moved[], incoming: Moved[]): void {
  const balance = new Map<string, bigint>();
  const add = (moved: Moved, units: bigint): void => {
    const key = `${moved.other} ${moved.asset}`;
    balance.set(key, (balance.get(key) ?? 0n) + units);
  };
  for (const moved of incoming) add(moved, moved.units);
  for (const paid of outgoing) {
    if (world.operated.has(paid.hash) || world.owns(paid.other)) continue;
    if (isRefund(world, paid) && depositOf(world, paid) === undefined) add(paid, -paid.units);
  }
  for (const [key, units] of balance) {
    if (units < 0n) world.violation(`M4 more went back than came in: ${key} ${units}`);
  }
}
