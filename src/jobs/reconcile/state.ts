import * as v from 'valibot';
import type { Queries } from '../../database/port.ts';
import { getFact, setFact } from '../../database/repositories/facts.ts';
import { isoTime } from '../../kernel/clock.ts';
import type { AnchorContext } from '../../transfers/context.ts';

/** Up to which ledger an account was found right, and what it held then: where the job goes on (fact `reconcile:ACCOUNT`). */
export interface Verified {
  ledger: number;
  /** stroops by asset, as the ledger's own movements add up */
  balances: Map<string, bigint>;
}

const shape = v.object({
  ledger: v.number(),
  balances: v.record(v.string(), v.pipe(v.string(), v.regex(/^-?\d+$/))),
});

const factOf = (account: string): string => `reconcile:${account}`;

/** Null where nothing was verified yet, or the note cannot be read: then all is compared from the beginning. */
export async function readVerified(db: Queries, account: string): Promise<Verified | null> {
  const fact = await getFact(db, factOf(account));
  if (fact === undefined) return null;
  try {
    const { ledger, balances } = v.parse(shape, JSON.parse(fact));
    return {
      ledger,
      balances: new Map(Object.entries(balances).map(([asset, units]) => [asset, BigInt(units)])),
    };
  } catch {
    return null;
  }
}

export async function saveVerified(ctx: AnchorContext, account: string, verified: Verified): Promise<void> {
  const balances = Object.fromEntries([...verified.balances].map(([asset, units]) => [asset, String(units)]));
  const value = JSON.stringify({ ledger: verified.ledger, balances });
  await setFact(ctx.db.read, factOf(account), value, isoTime(ctx.clock.now()));
}
