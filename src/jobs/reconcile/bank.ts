import type * as v from 'valibot';
import type { RailsIntegration } from '../../config/integrations.ts';
import { formatAmount } from '../../kernel/amounts.ts';
import { AnchorError, messageOf } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import { depositsAnswer, isolated, type ReadCredit, readCredit } from '../../rails/answers.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { callHook } from '../../transfers/hooks.ts';
import { unseen } from './missing.ts';
import type { Report } from './report.ts';
import { isOld } from './scan.ts';
import { Tally } from './tally.ts';

/** Answers in a row, against a bank whose cursor never ends. */
const ROUNDS = 100_000;
const CHUNK = 500;
/** Rows that are looked for once more in one run. */
const SUSPECTS = 10_000;
/** The id that a credit gets under whose own there is another one. */
const TWIN = /#[0-9a-f]{8}$/;

/**
 * Every credit of the bank is a row with the same amount, and every row is known to the bank. The bank is asked from its beginning, by
 * the rails' own pollDeposits, of which nothing is stored. Rows from before the first credit that it still tells of are not judged.
 *
 * @param before milliseconds since 1970
 * @returns how many credits from before that time have no row, those of the last minutes included
 */
export async function compareCredits(
  ctx: AnchorContext,
  report: Report,
  signal: AbortSignal,
  before = Number.POSITIVE_INFINITY,
): Promise<{ unbooked: number }> {
  const { rails } = ctx.project.integrations;
  if (rails === undefined) return { unbooked: 0 };
  const told: Told = { seen: new Tally(), first: null, count: 0, signal };
  let unbooked = 0;
  try {
    for await (const credits of bankCredits(ctx, rails, signal)) {
      for (const { at } of credits)
        if (at !== null && (told.first === null || at < told.first)) told.first = at;
      told.count += credits.length;
      unbooked += await compareAnswer(ctx, report, credits, { seen: told.seen, before });
    }
    report.compared.credits += told.count;
    if (!signal.aborted) await compareRows(ctx, report, told, () => bankCredits(ctx, rails, signal));
  } catch (error) {
    if (!AnchorError.is(error) || !error.code.startsWith('HOOK_')) throw error;
    if (!signal.aborted) unreadable(report, 'rails.pollDeposits', error);
  }
  return { unbooked };
}

export function unreadable(report: Report, hook: string, error: unknown): void {
  report.add({
    kind: 'bank_unreadable',
    id: hook,
    expected: 'an answer of the bank',
    found: messageOf(error),
    hint: `Correct ${hook} in integrations.ts, or try again when the bank answers.`,
  });
}

/** What the bank tells, answer by answer, each credit once in a row: answers may overlap. */
async function* bankCredits(
  ctx: AnchorContext,
  rails: RailsIntegration,
  signal: AbortSignal,
): AsyncGenerator<ReadCredit[]> {
  let cursor: string | null = null;
  let last = new Set<string>();
  for (let round = 0; round < ROUNDS && !signal.aborted; round++) {
    const from: string | null = cursor;
    const answer: v.InferOutput<typeof depositsAnswer> = await callHook(
      ctx,
      'rails.pollDeposits',
      async (hook) => isolated(await rails.pollDeposits({ cursor: from, waiting: [] }, hook), 'credits'),
      depositsAnswer,
      { timeoutMs: limits.railsHookTimeoutMs, maxBytes: limits.railsListBytes, signal },
    );
    const read = answer.credits.map(readCredit);
    const fresh = read.filter((credit) => !last.has(contentOf(credit)));
    yield fresh;
    last = new Set(read.map(contentOf));
    cursor = answer.cursor ?? null;
    if (cursor === null || cursor === from || fresh.length === 0) return;
  }
}

const contentOf = ({ id, amountUnits }: ReadCredit): string => `${id} ${amountUnits}`;

async function compareAnswer(
  ctx: AnchorContext,
  report: Report,
  credits: ReadCredit[],
  { seen, before }: { seen: Tally; before: number },
): Promise<number> {
  let unbooked = 0;
  for (let i = 0; i < credits.length; i += CHUNK) {
    const chunk = credits.slice(i, i + CHUNK);
    const rows = await ctx.db.read
      .selectFrom('bank_credits')
      .select(['id', 'amount_units', 'bucket'])
      .where(
        'id',
        'in',
        chunk.map((credit) => credit.id),
      )
      .execute();
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const credit of chunk) {
      const row = byId.get(credit.id);
      const early = credit.at === null || Date.parse(credit.at) < before;
      if (row !== undefined && row.bucket !== 'returned') seen.seen(credit.id);
      if (row === undefined && early) unbooked += 1;
      await compareCredit(ctx, report, credit, row);
    }
  }
  return unbooked;
}

const amountOf = (credit: ReadCredit): string =>
  credit.amountUnits === null ? 'an unreadable amount' : formatAmount(credit.amountUnits);

async function compareCredit(
  ctx: AnchorContext,
  report: Report,
  credit: ReadCredit,
  row: { amount_units: bigint } | undefined,
): Promise<void> {
  if (row === undefined) {
    if (credit.at !== null && !isOld(ctx, credit.at)) {
      report.pending += 1;
      return;
    }
    report.add({
      kind: 'credit_not_booked',
      id: credit.id,
      expected: `a row of ${amountOf(credit)}, reference ${credit.reference ?? 'none'}`,
      found: 'none',
      hint: 'Run: anchor run poll-deposits. If it stays, the cursor of pollDeposits has passed it over: answer it once more.',
    });
    return;
  }
  if (row.amount_units === (credit.amountUnits ?? 0n)) return;
  // two credits under one id: the second one has a row of its own
  const twin = await ctx.db.read
    .selectFrom('bank_credits')
    .select('id')
    .where('id', '>=', `${credit.id}#`)
    .where('id', '<', `${credit.id}#~`)
    .where('amount_units', '=', credit.amountUnits ?? 0n)
    .executeTakeFirst();
  if (twin !== undefined) return;
  report.add({
    kind: 'credit_differs',
    id: credit.id,
    expected: amountOf(credit),
    found: formatAmount(row.amount_units),
    hint: 'The bank says another amount now than when the credit was booked: ask the bank which one is right.',
  });
}

interface Told {
  seen: Tally;
  first: string | null;
  count: number;
  signal: AbortSignal;
}

async function compareRows(
  ctx: AnchorContext,
  report: Report,
  told: Told,
  again: () => AsyncGenerator<ReadCredit[]>,
): Promise<void> {
  const { seen, first, count, signal } = told;
  const rows = (after: string, limit: number) =>
    ctx.db.read
      .selectFrom('bank_credits')
      .select(['id', 'amount_units', 'reference', 'credited_at'])
      .where('bucket', '<>', 'returned')
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute();
  if (count === 0) {
    const [row] = await rows('', 1);
    if (row === undefined) return;
    unreadable(report, 'rails.pollDeposits', 'it tells of no credit at all from its beginning (cursor null)');
    return;
  }
  const suspects = new Map<string, SuspectRow>();
  await unseen(
    seen,
    rows,
    async (row) => {
      // a bank that keeps some months only; the second of two credits under one id
      const inMemory = first === null || row.credited_at >= first;
      if (inMemory && !TWIN.test(row.id) && suspects.size < SUSPECTS) suspects.set(row.id, row);
    },
    signal,
  );
  if (suspects.size === 0) return;
  // answers may overlap, so that a credit was told twice: asked once more, only those that it never tells are left
  for await (const credits of again()) for (const { id } of credits) suspects.delete(id);
  for (const row of suspects.values()) {
    report.add({
      kind: 'credit_unknown_to_bank',
      id: row.id,
      expected: `a credit of ${formatAmount(row.amount_units)}, reference ${row.reference ?? 'none'}`,
      found: 'the bank does not tell of it',
      hint: 'Ask the bank. If it has taken the money back, the transaction is to be settled by hand: anchor tx list',
    });
  }
}

interface SuspectRow {
  id: string;
  amount_units: bigint;
  reference: string | null;
}
