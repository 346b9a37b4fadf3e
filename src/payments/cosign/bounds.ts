import { limits } from '../../kernel/limits.ts';
import type { NetworkLedger } from '../../stellar/port.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { policy } from '../policy.ts';

export interface Bounds {
  /** exclusive */
  maxLedger: number;
  /** Unix seconds */
  maxTime: number;
}

const DEFAULT_HOURS = 24;
const SAMPLE = 200;
const USUAL_SECONDS = 5;

/**
 * Until when an envelope may apply: a minute or two, or hours where people have to sign it (`stellar.cosign_hours`). How many ledgers
 * these are is measured, because the proof of death counts ledgers (reliability R4, R5).
 *
 * @param readAt ledger at which the source account was read
 */
export async function boundsFor(
  ctx: AnchorContext,
  plan: { patient: boolean },
  ledger: NetworkLedger,
  readAt: number,
): Promise<Bounds> {
  // a header that names a ledger which cannot be is passed over
  const newest = Math.max(ledger.sequence, readAt - ledger.sequence > policy.jumpLedgers ? 0 : readAt);
  if (!plan.patient) {
    return {
      maxLedger: newest + limits.envelopeLedgers,
      maxTime: ledger.closeTime + limits.envelopeSeconds,
    };
  }
  const seconds = Math.ceil((ctx.project.stellar.cosignHours ?? DEFAULT_HOURS) * 3600);
  const perLedger = await secondsPerLedger(ctx, ledger);
  return {
    maxLedger: newest + Math.max(limits.envelopeLedgers, Math.ceil(seconds / perLedger)),
    maxTime: ledger.closeTime + seconds,
  };
}

async function secondsPerLedger(ctx: AnchorContext, newest: NetworkLedger): Promise<number> {
  const from = Math.max(2, newest.sequence - SAMPLE);
  const older = from < newest.sequence ? await ctx.network.ledgerAt(from).catch(() => null) : null;
  if (older === null) return USUAL_SECONDS;
  const pace = (newest.closeTime - older.closeTime) / (newest.sequence - older.sequence);
  return Number.isFinite(pace) && pace >= 0.01 && pace <= 60 ? pace : USUAL_SECONDS;
}
