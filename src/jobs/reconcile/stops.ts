import { getFact, setFact } from '../../database/repositories/facts.ts';
import { isoTime } from '../../kernel/clock.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { type Freeze, freezeSigning, readFreeze } from '../../transfers/freeze.ts';
import type { DifferenceKind, Report, Stop } from './report.ts';

/** The freeze that reconcile and the engine make; ingest has one of its own per account, which it lifts itself. */
const FREEZE = 'freeze:signing';

export type FreezeNote = Freeze;

/** Why nothing is paid, whoever found it. */
export const readFreezeNote = (ctx: Pick<AnchorContext, 'db'>): Promise<FreezeNote | null> =>
  readFreeze(ctx.db.read);

async function ownFreeze(ctx: Pick<AnchorContext, 'db'>): Promise<Freeze | null> {
  const fact = await getFact(ctx.db.read, FREEZE);
  return fact === undefined ? null : (JSON.parse(fact) as Freeze);
}

/** Causes that are readings of the network and not of a transaction: gone when the network is read right again. */
const READINGS: readonly (DifferenceKind | undefined)[] = [
  'network_reset',
  'history_short',
  'account_missing',
];

/** Stops all payments where one of the differences asks for it; the first evidence is kept. */
export async function applyStops(
  ctx: AnchorContext,
  report: Report,
  which: (stop: Stop) => boolean = () => true,
): Promise<void> {
  const first = report.stops.find(which);
  if (first === undefined || (await ownFreeze(ctx)) !== null) return;
  await freezeSigning(ctx, ctx.db.read, first);
}

/**
 * Lets payments go on. `by` and `reason` are kept with the freeze that they ended (fact `freeze:lifted:TIME`).
 *
 * @returns false where there was none
 */
export async function liftFreeze(ctx: AnchorContext, by: string, reason: string): Promise<boolean> {
  const at = isoTime(ctx.clock.now());
  const lifted = await ctx.db.write(async (trx) => {
    const fact = await getFact(trx, FREEZE);
    if (fact === undefined) return false;
    const note = { freeze: JSON.parse(fact) as unknown, by, reason, at };
    await setFact(trx, `freeze:lifted:${at}`, JSON.stringify(note), at);
    await trx.deleteFrom('facts').where('name', '=', FREEZE).execute();
    return true;
  });
  if (lifted) ctx.log.warn('signing_goes_on', { by, reason });
  return lifted;
}

/** A freeze for what the network seemed to be ends by itself when it is read right again. */
export async function liftReadings(ctx: AnchorContext, report: Report): Promise<void> {
  if (report.stops.length > 0) return;
  const freeze = await ownFreeze(ctx);
  const reading = READINGS.some((cause) => cause === freeze?.cause);
  if (reading) await liftFreeze(ctx, 'job:reconcile', `no ${freeze?.cause} any more`);
}
