import { expect, it } from 'vitest';
import { systemIds } from '../../../src/kernel/ids.ts';
import { createConsume } from '../../../src/seps/shared/used.ts';
import type { AnchorContext } from '../../../src/transfers/context.ts';
import { describeDatabases } from '../../support/databases.ts';
import { testClock } from '../anchor.ts';

describeDatabases('challenges that are used up', (database) => {
  const on = (db: AnchorContext['db']) => createConsume({ db, clock: testClock() });
  const MAX_TIME = 2_000_000_000;

  it('go to one of many at once, in one process and in two (S10-59, S10-60)', async () => {
    const here = on(database.db);
    const there = on(await database.again());
    for (let round = 0; round < 5; round++) {
      const hash = systemIds.bytes(32);
      const tries = Array.from({ length: 64 }, (_, at) => (at % 2 === 0 ? here : there)(hash, MAX_TIME));
      const settled = await Promise.allSettled(tries);
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const one of settled) {
        if (one.status === 'rejected')
          expect(one.reason).toMatchObject({ code: 'CHALLENGE_USED', httpStatus: 400 });
      }
    }
  });

  it('are marked together without mixing them up, beyond the size of a batch', async () => {
    const consume = on(database.db);
    const hashes = Array.from({ length: 1201 }, () => systemIds.bytes(32));
    const all = await Promise.allSettled([...hashes, ...hashes].map((hash) => consume(hash, MAX_TIME)));
    // batches go side by side: which of the two that name a hash is the first is open, but it is one of them
    const took = (i: number): number => Number(all[i]?.status === 'fulfilled');
    expect(hashes.filter((_, i) => took(i) + took(i + hashes.length) !== 1)).toEqual([]);
  });

  it('are refused to all while the database cannot be written', async () => {
    const broken = { insertInto: () => expect.unreachable() } as unknown as AnchorContext['db']['read'];
    const consume = on({ ...database.db, read: broken });
    const both = await Promise.allSettled([consume(systemIds.bytes(32), 1), consume(systemIds.bytes(32), 1)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
