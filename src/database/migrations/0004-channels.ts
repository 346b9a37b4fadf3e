import { type Migration, runStatements } from './types.ts';

/** Several sources for one distribution account, envelopes that are followed through the queue, and waiting rows that cost nothing until they are due. */
export const channels: Migration = {
  name: '0004-channels',
  async up(db, dialect) {
    await runStatements(db, dialect, [
      'alter table slots add column payer text',
      'update slots set payer = source_account',
      "create index slots_open_of_payer on slots (payer) where state = 'open'",
      'alter table envelopes add column signed_ledger integer',
      `create index obligations_due on obligations (not_before_at, id) where state = 'waiting' and leg = 'stellar'`,
      // apart, so that however many of the one kind are owed, the oldest of the other are found at once
      `create index obligations_owed_plain on obligations (asset_id, created_at, id)
        where state = 'owed' and leg = 'stellar' and memo is null`,
      `create index obligations_owed_memo on obligations (asset_id, created_at, id)
        where state = 'owed' and leg = 'stellar' and memo is not null`,
    ]);
  },
};
