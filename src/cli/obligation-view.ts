import { formatAmount } from '../kernel/amounts.ts';
import type { AnchorContext, ObligationRow } from '../transfers/index.ts';

/** Something owed with its slot and every envelope that was signed for it, as `--json` prints it. */
export async function obligationView(ctx: AnchorContext, row: ObligationRow) {
  const envelopes = await ctx.db.read
    .selectFrom('envelope_obligations')
    .innerJoin('envelopes', 'envelopes.hash', 'envelope_obligations.envelope_hash')
    .select(['envelopes.hash', 'inner_hash', 'max_ledger', 'state', 'envelopes.slot_id', 'created_at'])
    .where('obligation_id', '=', row.id)
    .orderBy('created_at')
    .execute();
  const slotId = row.slot_id ?? envelopes.at(-1)?.slot_id ?? null;
  const slot =
    slotId === null
      ? undefined
      : await ctx.db.read
          .selectFrom('slots')
          .select(['source_account', 'sequence'])
          .where('id', '=', slotId)
          .executeTakeFirst();
  return {
    id: row.id,
    purpose: row.purpose,
    amount: formatAmount(row.amount_units),
    destination: row.destination,
    state: row.state,
    slot: slot === undefined ? null : { account: slot.source_account, sequence: String(slot.sequence) },
    envelopes: envelopes.map(({ hash, inner_hash, max_ledger, state }) => ({
      hash,
      inner_hash,
      max_ledger,
      state,
    })),
  };
}
