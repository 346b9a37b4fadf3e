import { expect, it } from 'vitest';
import {
  findAsset,
  findAssets,
  insertAsset,
  listAssets,
  stellarAssetOf,
  updateAsset,
} from '../../src/database/repositories/assets.ts';
import { consumeChallenge, forgetChallenges } from '../../src/database/repositories/challenges.ts';
import { getCursor, setCursor } from '../../src/database/repositories/cursors.ts';
import { claimNetwork, getFact, setFact } from '../../src/database/repositories/facts.ts';
import { finishRun, forgetRuns, latestRuns, startRun } from '../../src/database/repositories/job-runs.ts';
import { findKey, insertKey, listKeys } from '../../src/database/repositories/keys.ts';
import { describeDatabases } from '../support/databases.ts';
import { at, sampleAsset } from './samples.ts';

const LATER = '2027-01-01T00:00:00.000Z';

describeDatabases('repositories', (test) => {
  it('registers, finds, changes and lists assets', async () => {
    const db = test.db.read;
    const first = await insertAsset(db, sampleAsset({ code: 'ABC', issuer: 'GA' }));
    expect(first).toMatchObject({ deposit_enabled: 1, sep24_enabled: 0, deposit_fee_fixed_units: 0n });
    const second = await insertAsset(db, sampleAsset({ code: 'ABC', issuer: 'GB', created_at: LATER }));
    const native = await insertAsset(db, sampleAsset({ code: 'native', issuer: '', created_at: LATER }));
    await expect(insertAsset(db, sampleAsset({ code: 'ABC', issuer: 'GA' }))).rejects.toMatchObject({
      code: 'ASSET_EXISTS',
    });
    await expect(insertAsset(db, sampleAsset({ code: 'native', issuer: '' }))).rejects.toMatchObject({
      code: 'ASSET_EXISTS',
    });
    expect((await listAssets(db)).map(({ id }) => id)).toEqual([first.id, second.id, native.id]);
    expect((await findAssets(db, 'ABC')).map(({ id }) => id)).toEqual([first.id, second.id]);
    expect((await findAssets(db, 'ABC', 'GB')).map(({ id }) => id)).toEqual([second.id]);
    expect(await findAssets(db, 'abc')).toEqual([]);
    expect(stellarAssetOf(native)).toEqual({ code: 'native', issuer: null });
    const changed = await updateAsset(db, first.id, { deposit_max_units: 2n ** 63n - 1n, sep24_enabled: 1 });
    expect(changed).toMatchObject({ deposit_max_units: 2n ** 63n - 1n, sep24_enabled: 1 });
    expect(await findAsset(db, first.id)).toEqual(changed);
    expect(await updateAsset(db, 'absent', { sep24_enabled: 1 })).toBeUndefined();
  });

  it('uses up a challenge once, of 64 attempts over two connections at a time (S10-59)', async () => {
    const other = await test.again();
    const attempts = Array.from({ length: 64 }, (_, index) =>
      consumeChallenge((index % 2 === 0 ? test.db : other).read, 'challenge', at),
    );
    expect((await Promise.all(attempts)).filter((won) => won)).toHaveLength(1);
    await forgetChallenges(test.db.read, at);
    expect(await consumeChallenge(test.db.read, 'challenge', at)).toBe(false);
    await forgetChallenges(test.db.read, LATER);
    expect(await consumeChallenge(test.db.read, 'challenge', at)).toBe(true);
  });

  it('keeps cursors and facts, the last one said', async () => {
    expect(await getCursor(test.db.read, 'c')).toBeNull();
    await setCursor(test.db.read, 'c', '1', at);
    await setCursor(test.db.read, 'c', '2', at);
    expect(await getCursor(test.db.read, 'c')).toBe('2');
    expect(await getFact(test.db.read, 'f')).toBeUndefined();
    await setFact(test.db.read, 'f', '1', at);
    await setFact(test.db.read, 'f', '2', at);
    expect(await getFact(test.db.read, 'f')).toBe('2');
  });

  it('belongs to the network it was first used with', async () => {
    await claimNetwork(test.db.read, 'one', at);
    await claimNetwork(test.db.read, 'one', at);
    await expect(claimNetwork(test.db.read, 'two', at)).rejects.toMatchObject({
      code: 'DATABASE_OF_OTHER_NETWORK',
    });
    await claimNetwork(test.db.read, 'one', at);
  });

  it('notes runs of jobs, the newest first', async () => {
    const db = test.db.read;
    const first = await startRun(db, { job: 'j', at, intervalSeconds: null });
    const second = await startRun(db, { job: 'j', at, intervalSeconds: 0.5 });
    await startRun(db, { job: 'other', at, intervalSeconds: 1 });
    await finishRun(db, first, { at: LATER, error: null, processed: 3 });
    await finishRun(db, first, { at: LATER, error: 'late', processed: 9 });
    const [newest, older] = await latestRuns(db, 'j', 5);
    expect(newest).toMatchObject({ id: second, ok: null, finished_at: null, loop: 1, interval_seconds: 1 });
    expect(older).toMatchObject({
      id: first,
      ok: 1,
      error: null,
      processed: 3,
      loop: 0,
      interval_seconds: null,
    });
    await forgetRuns(db, '2028');
    expect((await latestRuns(db, 'j', 5)).map(({ id }) => id)).toEqual([second]);
    expect(await latestRuns(db, 'absent')).toEqual([]);
  });

  it('keeps the key of an account once', async () => {
    const key = { account: 'G1', purpose: 'channel', seed: 'sealed', created_at: at };
    expect(await insertKey(test.db.read, key)).toBe(true);
    expect(await insertKey(test.db.read, { ...key, seed: 'other' })).toBe(false);
    expect(await insertKey(test.db.read, { ...key, account: 'G0' })).toBe(true);
    expect(await findKey(test.db.read, 'G1')).toEqual(key);
    expect((await listKeys(test.db.read, 'channel')).map(({ account }) => account)).toEqual(['G0', 'G1']);
    expect(await listKeys(test.db.read, 'distribution')).toEqual([]);
  });
});
