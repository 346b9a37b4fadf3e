import { type Horizon, object, page } from '../handlers.ts';
import { singleCursor, slice } from '../page.ts';
import { positiveInteger } from '../params.ts';
import { BEFORE_HISTORY, invalidField, missing, problem } from '../problem.ts';
import { feeStats } from '../resources/fee-stats.ts';
import { ledgerFields, ledgerRecord } from '../resources/ledger.ts';
import { toid } from '../toid.ts';
import { checkWithinHistory } from './history-pages.ts';

export function ledgerParam(text: string): number {
  const value = positiveInteger(text);
  if (value === null || value > 0xffffffffn) {
    throw invalidField('ledger_id', 'Ledger ID must be an integer higher than 0');
  }
  return Number(value);
}

export function ledgerRoutes(horizon: Horizon): void {
  const { network } = horizon;
  page(horizon, '/ledgers', (_c, links) => (query) => {
    const cursor = singleCursor(query.cursor);
    checkWithinHistory(network, query, cursor?.id);
    const place = (id: bigint) => (row: { header: { sequence: number } }) => {
      const key = toid(row.header.sequence);
      return key < id ? -1 : key > id ? 1 : 0;
    };
    const rows = slice(network.history.ledgers, query, cursor === null ? null : place(cursor.id));
    return rows.map((row) => ledgerRecord(links, row));
  });
  object(horizon, '/ledgers/:ledger_id', (c, links) => {
    const sequence = ledgerParam(c.req.param('ledger_id') ?? '');
    return () => {
      if (sequence < network.history.elder) throw problem(BEFORE_HISTORY);
      const row = network.history.ledger(sequence);
      if (row === undefined) throw missing();
      return ledgerFields(links, row);
    };
  });
  object(horizon, '/fee_stats', () => () => feeStats(network.ledger, network.history));
}
