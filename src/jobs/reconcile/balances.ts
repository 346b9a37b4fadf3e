import { formatAmount } from '../../kernel/amounts.ts';
import { paidAsset } from './accounts.ts';
import { addTo, type Scan } from './scan.ts';
import { type Start, shortHistory } from './start.ts';

/**
 * Balances are the sum of their parts, to the stroop (M5): what the ledger says now, against its own history, and against the rows of
 * the database: opening + payments in - payments out - fees.
 *
 * @returns what the account held at the start, where they agree; null where they do not
 */
export async function compareBalances(scan: Scan, start: Start): Promise<Map<string, bigint> | null> {
  const found = new Map(start.account.balances.map(({ asset, balance }) => [asset, balance]));
  const assets = new Set([...found.keys(), ...scan.sums.keys()]);
  const opening = new Map(start.balances ?? []);
  // where the beginning is unknown, it is what makes the history come out right
  if (start.balances === null) {
    for (const asset of assets) opening.set(asset, (found.get(asset) ?? 0n) - (scan.sums.get(asset) ?? 0n));
  } else if (!compareHistory(scan, start, found, assets)) return null;
  const rows = await sumOfRows(scan, start);
  let same = true;
  for (const asset of assets) {
    const expected = (opening.get(asset) ?? 0n) + (rows.get(asset) ?? 0n) + (scan.explained.get(asset) ?? 0n);
    const balance = found.get(asset) ?? 0n;
    if (expected === balance) continue;
    same = false;
    scan.report.add({
      kind: 'balance',
      id: `${scan.own.id} ${asset}`,
      expected: formatAmount(expected),
      found: formatAmount(balance),
      hint: 'The other differences of this account say why: settle those first. If there are none, keep the database as it is and report it.',
    });
  }
  return same ? opening : null;
}

/** The ledger against its own history: if these differ, the history that was read is not whole. */
function compareHistory(scan: Scan, start: Start, found: Map<string, bigint>, assets: Set<string>): boolean {
  let same = true;
  for (const asset of assets) {
    const expected = scan.sums.get(asset) ?? 0n;
    const balance = found.get(asset) ?? 0n;
    if (expected === balance) continue;
    same = false;
    if (start.shortened) {
      const what = `${formatAmount(expected)} ${asset}, what was there in ledger ${start.after} and its history since`;
      shortHistory(scan.report, scan.own.id, what, `${formatAmount(balance)} ${asset}`);
      continue;
    }
    scan.report.add({
      kind: 'balance_history',
      id: `${scan.own.id} ${asset}`,
      expected: formatAmount(expected),
      found: formatAmount(balance),
      hint: 'What the network tells of the account does not add up to its balance. Run anchor reconcile again; if it stays, ask another server (HORIZON_URI).',
    });
  }
  return same;
}

/** Payments in less payments out of the ledgers gone through, by asset, from the rows of the database. */
async function sumOfRows({ ctx, own, assets }: Scan, { after, tip }: Start): Promise<Map<string, bigint>> {
  const sums = new Map<string, bigint>();
  if (!own.watched) return sums;
  const came = await ctx.db.read
    .selectFrom('incoming_payments')
    .select(({ fn }) => ['asset', fn.sum('amount_units').as('total_units')])
    .where('account', '=', own.id)
    .where('type', '!=', 'clawback')
    .where('ledger', '>', after)
    .where('ledger', '<=', tip)
    .groupBy('asset')
    .execute();
  for (const row of came) addTo(sums, row.asset, BigInt(row.total_units));
  const went = await ctx.db.read
    .selectFrom('obligations')
    .innerJoin('envelopes', 'envelopes.hash', 'obligations.paid_by')
    .innerJoin('assets', 'assets.id', 'obligations.asset_id')
    .select(({ fn }) => ['asset_id', 'asset_key', fn.sum('obligations.amount_units').as('total_units')])
    .where('obligations.leg', '=', 'stellar')
    .where('obligations.state', '=', 'paid')
    .where('assets.distribution_account', '=', own.id)
    .where('envelopes.ledger', '>', after)
    .where('envelopes.ledger', '<=', tip)
    .groupBy(['asset_id', 'asset_key'])
    .execute();
  for (const row of went) addTo(sums, paidAsset(assets, row), -BigInt(row.total_units));
  return sums;
}
