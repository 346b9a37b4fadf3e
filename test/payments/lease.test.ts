import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, migrate, openDatabase } from '../../src/database/index.ts';
import { getFact, setFact } from '../../src/database/repositories/facts.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { acquireLease, fenced, type Lease } from '../../src/payments/lease.ts';
import { policy } from '../../src/payments/policy.ts';
import type { AnchorContext, Worker } from '../../src/transfers/index.ts';

const NAME = 'source:ours';
const AT = '2026-01-05T09:00:00.000Z';

describe('the lease of a source account', () => {
  let folder: string;
  let db: Database;
  let ctx: AnchorContext;
  let now = Date.parse(AT);
  const clock: Clock = { now: () => now, sleep: async () => {} };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lease-'));
    const url = `sqlite:${join(folder, 'anchor.db')}`;
    db = await openDatabase({ url, root: process.cwd(), log: silentLog, clock, ids: systemIds });
    await migrate(db);
    ctx = { db, clock, log: silentLog } as AnchorContext;
  });
  afterEach(async () => {
    await db.close();
    rmSync(folder, { recursive: true });
  });

  const worker = (owner: string, gone: string[] = []): Worker => ({
    owner,
    machine: 'here',
    boot: 'boot',
    isGone: (lease) => gone.includes(lease.owner),
  });
  const note = (lease: Lease, value: string): Promise<void> =>
    fenced(ctx, lease, (trx) => setFact(trx, 'note', value, AT));
  const later = (ms: number): void => {
    now += ms;
  };

  it("is one worker's until it runs out by the clock of the database (R6)", async () => {
    expect(await acquireLease(ctx, NAME, worker('a'))).toMatchObject({ owner: 'a', epoch: 1 });
    expect(await acquireLease(ctx, NAME, worker('b'))).toBeNull();
    expect(await acquireLease(ctx, NAME, worker('a'))).toBeNull();
    later(policy.leaseMs + 1);
    expect(await acquireLease(ctx, NAME, worker('b'))).toMatchObject({ owner: 'b', epoch: 2 });
  });

  it('is taken at once from a worker that is known to be gone', async () => {
    await acquireLease(ctx, NAME, worker('a'));
    expect(await acquireLease(ctx, NAME, worker('b', ['a']))).toMatchObject({ owner: 'b', epoch: 2 });
  });

  it('lets nothing be written with a stale epoch, also of the same worker (R6, F15)', async () => {
    const first = (await acquireLease(ctx, NAME, worker('a'))) as Lease;
    await note(first, 'while it is held');
    later(policy.leaseMs + 1);
    // nobody has taken it: what it stands for is still so
    await note(first, 'run out, and free');
    const second = (await acquireLease(ctx, NAME, worker('b'))) as Lease;
    await expect(note(first, 'asleep for long')).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await getFact(db.read, 'note')).toBe('run out, and free');
    later(policy.leaseMs + 1);
    const third = (await acquireLease(ctx, NAME, worker('a'))) as Lease;
    await expect(note(first, 'under an old epoch')).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(note(second, 'taken over')).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await note(third, 'held again');
    expect(await getFact(db.read, 'note')).toBe('held again');
  });

  it('of a channel is worth nothing without the one that it was taken under (R6)', async () => {
    const under = (await acquireLease(ctx, NAME, worker('a'))) as Lease;
    const channel = { ...((await acquireLease(ctx, 'source:channel', worker('a'))) as Lease), under };
    await note(channel, 'both');
    await acquireLease(ctx, NAME, worker('b', ['a']));
    await expect(note(channel, 'one')).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await getFact(db.read, 'note')).toBe('both');
  });
});
