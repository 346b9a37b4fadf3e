import type { RailsIntegration } from '../../config/integrations.ts';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { AnchorError } from '../../kernel/errors.ts';
import { type Ids, systemIds } from '../../kernel/ids.ts';
import { checkDeposits } from './deposits.ts';
import { openDesk, type RailsCheckOptions } from './desk.ts';
import { checkFailures, checkLookups } from './failures.ts';
import { checkNews, checkRefunds, checkRestart } from './others.ts';
import { checkPayouts } from './payouts.ts';
import { newNotes, type RailsReport } from './report.ts';
import type { RuleId } from './rules.ts';

export type { RailsCheckOptions } from './desk.ts';
export type { RailsFinding, RailsReport } from './report.ts';
export { RULES as RAILS_RULES, type RuleId as RailsRuleId } from './rules.ts';

const NEED_PAYOUTS: readonly RuleId[] = [
  ...(['RAILS-02', 'RAILS-03', 'RAILS-04', 'RAILS-05', 'RAILS-06'] as const),
  ...(['RAILS-10', 'RAILS-11', 'RAILS-12', 'RAILS-13'] as const),
  ...(['RAILS-20', 'RAILS-21', 'RAILS-22', 'RAILS-23'] as const),
  ...(['RAILS-40', 'RAILS-41', 'RAILS-50', 'RAILS-60'] as const),
];

/**
 * Tries a rails adapter against the rules that the money engine relies on (reliability R7, F16): repeated and simultaneous keys, changed
 * orders, lost answers, refused connections, nonsense, calls that never end, cursors played again, a restart. It moves money: run it
 * on the bank's test system. While it runs, `fetch` of this process may be made to fail.
 *
 * ```ts
 * const report = await checkRails(integrations.rails, { bank: integrations.testBank });
 * assert.ok(report.ok, report.text);
 * ```
 *
 * @throws RAILS_CHECK_IMPOSSIBLE where there is no adapter
 */
export async function checkRails(
  rails: RailsIntegration | undefined,
  options: RailsCheckOptions = {},
  ports: { clock?: Clock; ids?: Ids } = {},
): Promise<RailsReport> {
  if (typeof rails?.payout !== 'function' || typeof rails.pollDeposits !== 'function') {
    throw new AnchorError({
      code: 'RAILS_CHECK_IMPOSSIBLE',
      message: 'There are no rails with payout and pollDeposits to check.',
      hint: 'Give the rails of your integrations.ts.',
    });
  }
  const notes = newNotes();
  const { clock = systemClock, ids = systemIds } = ports;
  const booked = (await options.bank?.statement?.()) ?? [];
  const before = new Set(booked.map((line) => line.id));
  const open = (one: RailsIntegration) => openDesk(one, options, notes, { clock, ids, before });
  const desk = open(rails);
  await checkDeposits(desk);
  if (await checkPayouts(desk)) {
    await checkLookups(desk);
    await checkFailures(desk);
    await checkRefunds(desk);
    await checkNews(desk);
    await checkRestart(desk, open);
  } else {
    for (const rule of NEED_PAYOUTS) notes.skipped(rule, 'the bank takes no payout');
  }
  return notes.report();
}
