import { afterEach, describe, expect, it } from 'vitest';
import { NATIVE } from '../../../src/kernel/assets.ts';
import { systemIds } from '../../../src/kernel/ids.ts';
import { asksForMemo } from '../../../src/payments/memo-required.ts';
import {
  completeProvision,
  issueAsset,
  registerAsset,
  storedKey,
} from '../../../src/payments/provision/index.ts';
import { keyPairFromSeed, randomSeed } from '../../../src/stellar/keys.ts';
import { openDistributionSeed } from '../../../src/transfers/index.ts';
import { DATABASES } from '../../support/databases.ts';
import { codeOf, createWorld, type World } from './world.ts';

const MILLION = 1_000_000n * 10_000_000n;
const ABC = { code: 'ABC', supply: null, clawback: false };

let world: World;
afterEach(() => world?.close());

const balance = async (account: string, asset: string) =>
  (await world.account(account)).balances.find((line) => line.asset === asset)?.balance;

const asks = async (account: string) => asksForMemo(await world.account(account));

const envelopes = () => world.ctx.db.read.selectFrom('envelopes').selectAll().orderBy('created_at').execute();
const assets = () => world.ctx.db.read.selectFrom('assets').selectAll().execute();

describe.each(DATABASES.filter(({ available }) => available))('issuing on $kind', ({ kind }) => {
  it('makes accounts, home domain, trustline and supply in one recorded transaction (S1-30)', async () => {
    world = await createWorld({ kind });
    const made = await issueAsset(world.ctx, ABC, world.seeds, world.say);
    const issuer = keyPairFromSeed(world.seeds.given.issuer ?? '').publicKey;
    expect(made).toEqual({ code: 'ABC', issuer, distribution: made.distribution, created: true });
    expect((await world.account(issuer)).homeDomain).toBe('anchor.test');
    expect(await balance(made.distribution, `ABC:${issuer}`)).toBe(MILLION);
    const [row, ...more] = await assets();
    expect(more).toEqual([]);
    expect(row).toMatchObject({ code: 'ABC', issuer, sep24_enabled: 1, sep6_enabled: 0 });
    const sealed = openDistributionSeed(world.ctx.box, row as NonNullable<typeof row>) ?? '';
    expect(keyPairFromSeed(sealed).publicKey).toBe(made.distribution);
    expect((await storedKey(world.ctx, made.distribution)).publicKey).toBe(made.distribution);
    const sent = await envelopes();
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      slot_id: null,
      state: 'applied',
      source_account: issuer,
      submissions: 1,
    });
  });

  it('can be repeated: nothing more is issued, sent or made', async () => {
    world = await createWorld({ kind });
    const first = await issueAsset(world.ctx, ABC, world.seeds, world.say);
    expect(await issueAsset(world.ctx, ABC, world.seeds, world.say)).toEqual({ ...first, created: false });
    expect(await completeProvision(world.ctx, world.seeds, world.say)).toEqual([
      { ...first, created: false },
    ]);
    world.seeds.given.issuer = null;
    expect(await issueAsset(world.ctx, ABC, world.seeds, world.say)).toEqual({ ...first, created: false });
    expect(await envelopes()).toHaveLength(1);
    expect(await balance(first.distribution, `ABC:${first.issuer}`)).toBe(MILLION);
  });
});

describe('issuing', () => {
  it('wherever the network is lost, the next try finishes it, and no more is issued than once', async () => {
    world = await createWorld();
    const before = world.requests();
    await issueAsset(world.ctx, ABC, world.seeds, world.say);
    const steps = world.requests() - before;
    await world.close();
    for (let nth = 1; nth <= steps; nth++) {
      world = await createWorld();
      world.cutAt(nth);
      const code = await codeOf(issueAsset(world.ctx, ABC, world.seeds, world.say));
      expect(['NETWORK_UNAVAILABLE', 'FRIENDBOT_UNAVAILABLE', 'nothing was refused']).toContain(code);
      const issuer = world.seeds.given.issuer;
      world.cutAt(null);
      const made = await issueAsset(world.ctx, ABC, world.seeds, world.say);
      expect(world.seeds.given.issuer).toBe(issuer);
      expect(await balance(made.distribution, `ABC:${made.issuer}`), `cut at request ${nth}`).toBe(MILLION);
      // what applied while nobody looked is written down as well
      expect((await envelopes()).filter(({ state }) => state === 'applied')).toHaveLength(1);
      expect(await assets()).toHaveLength(1);
      expect(await world.ctx.db.read.selectFrom('keys').selectAll().execute()).toHaveLength(1);
      if (nth < steps) await world.close();
    }
  });

  it('finds a transaction whose answer was lost', async () => {
    world = await createWorld();
    world.loseAnswers(1);
    const made = await issueAsset(world.ctx, ABC, world.seeds, world.say);
    expect(await balance(made.distribution, `ABC:${made.issuer}`)).toBe(MILLION);
    expect((await envelopes()).map(({ state }) => state)).toEqual(['applied']);
  });

  it('by two at once issues once', async () => {
    world = await createWorld();
    world.seeds.given.issuer = randomSeed(systemIds);
    world.seeds.given.distribution = randomSeed(systemIds);
    const both = await Promise.all([
      issueAsset(world.ctx, ABC, { ...world.seeds, distributionStored: async () => {} }, world.say),
      issueAsset(world.ctx, ABC, { ...world.seeds, distributionStored: async () => {} }, world.say),
    ]);
    expect(both.map(({ created }) => created).sort()).toEqual([false, true]);
    expect(await balance(both[0].distribution, `ABC:${both[0].issuer}`)).toBe(MILLION);
    expect(await assets()).toHaveLength(1);
  });

  it('tops up only where a supply is asked for', async () => {
    world = await createWorld();
    const made = await issueAsset(world.ctx, { ...ABC, supply: 50_000_000n }, world.seeds, world.say);
    await issueAsset(world.ctx, ABC, world.seeds, world.say);
    expect(await balance(made.distribution, `ABC:${made.issuer}`)).toBe(50_000_000n);
    await issueAsset(world.ctx, { ...ABC, supply: 70_000_000n }, world.seeds, world.say);
    expect(await balance(made.distribution, `ABC:${made.issuer}`)).toBe(70_000_000n);
  });

  it('several assets have one issuer and a distribution account each', async () => {
    world = await createWorld();
    const abc = await issueAsset(world.ctx, ABC, world.seeds, world.say);
    const xyz = await issueAsset(world.ctx, { ...ABC, code: 'XYZ', clawback: true }, world.seeds, world.say);
    expect(xyz.issuer).toBe(abc.issuer);
    expect(xyz.distribution).not.toBe(abc.distribution);
    const { flags } = await world.account(xyz.issuer ?? '');
    expect(flags).toMatchObject({ authRevocable: true, clawbackEnabled: true, authRequired: false });
  });

  it('is refused on the public network, and for a code of another issuer', async () => {
    world = await createWorld({ network: 'public' });
    expect(await codeOf(issueAsset(world.ctx, ABC, world.seeds, world.say))).toBe('ISSUE_ON_PUBLIC');
    expect(world.requests()).toBe(0);
    await world.close();
    world = await createWorld();
    await issueAsset(world.ctx, ABC, world.seeds, world.say);
    world.seeds.given.issuer = randomSeed(systemIds);
    expect(await codeOf(issueAsset(world.ctx, ABC, world.seeds, world.say))).toBe('ASSET_CODE_TAKEN');
    expect(await assets()).toHaveLength(1);
  });
});

describe('registering', () => {
  it('checks the issuer, makes account and trustline, keeps the key, and says that funds are missing', async () => {
    world = await createWorld();
    const issuer = await world.somebody();
    const seed = randomSeed(systemIds);
    world.seeds.given.distribution = seed;
    const asset = { code: 'USD', issuer: issuer.publicKey };
    const made = await registerAsset(world.ctx, asset, world.seeds, world.say);
    const distribution = keyPairFromSeed(seed).publicKey;
    expect(made).toEqual({ ...asset, distribution, created: true });
    expect(world.seeds.given.distribution).toBeNull();
    expect(await balance(distribution, `USD:${issuer.publicKey}`)).toBe(0n);
    expect(world.seeds.said.at(-1)).toContain('wait for funds');
    expect(await registerAsset(world.ctx, asset, world.seeds, world.say)).toEqual({
      ...made,
      created: false,
    });
    expect(await envelopes()).toHaveLength(1);
    const dump = JSON.stringify(
      [await assets(), await world.ctx.db.read.selectFrom('keys').selectAll().execute()],
      (_, v) => (typeof v === 'bigint' ? String(v) : v),
    );
    expect(dump).not.toContain(seed);
  });

  it('refuses an issuer that does not exist, and leaves nothing', async () => {
    world = await createWorld();
    const issuer = keyPairFromSeed(randomSeed(systemIds)).publicKey;
    const seed = randomSeed(systemIds);
    world.seeds.given.distribution = seed;
    expect(await codeOf(registerAsset(world.ctx, { code: 'USD', issuer }, world.seeds, world.say))).toBe(
      'ISSUER_NOT_FOUND',
    );
    expect(world.seeds.given.distribution).toBe(seed);
    expect(await assets()).toEqual([]);
  });

  it('keeps the key of a try that failed for the next one', async () => {
    world = await createWorld();
    const issuer = (await world.somebody()).publicKey;
    world.cutAt(3);
    await codeOf(registerAsset(world.ctx, { code: 'USD', issuer }, world.seeds, world.say));
    const [kept] = await world.ctx.db.read.selectFrom('keys').select('account').execute();
    world.cutAt(null);
    const made = await registerAsset(world.ctx, { code: 'USD', issuer }, world.seeds, world.say);
    expect(made.distribution).toBe(kept?.account);
  });

  it('takes XLM without an issuer', async () => {
    world = await createWorld();
    const made = await registerAsset(world.ctx, NATIVE, world.seeds, world.say);
    expect(made).toMatchObject({ code: 'native', issuer: null, created: true });
    expect(await asks(made.distribution)).toBe(true);
    expect(await envelopes()).toHaveLength(1);
  });

  it('authorizes the distribution account where the issuer is ours and demands it', async () => {
    world = await createWorld();
    const issuer = await world.somebody();
    await world.submit(issuer, { type: 'setOptions', options: { setFlags: 1 | 2 } });
    const asset = { code: 'REG', issuer: issuer.publicKey };
    const made = await registerAsset(world.ctx, asset, world.seeds, world.say);
    expect(world.seeds.said.join()).toContain('has to authorize');
    const line = async () =>
      (await world.account(made.distribution)).balances.find(({ asset }) => asset.startsWith('REG'));
    expect((await line())?.authorized).toBe(false);
    world.seeds.given.issuer = issuer.seed;
    await completeProvision(world.ctx, world.seeds, world.say);
    expect((await line())?.authorized).toBe(true);
  });

  it('refuses the issuer itself as distribution account', async () => {
    world = await createWorld();
    const seed = randomSeed(systemIds);
    world.seeds.given.distribution = seed;
    const issuer = keyPairFromSeed(seed).publicKey;
    await world.ctx.network.fund(issuer);
    expect(await codeOf(registerAsset(world.ctx, { code: 'USD', issuer }, world.seeds, world.say))).toBe(
      'DISTRIBUTION_IS_ISSUER',
    );
    expect(await assets()).toEqual([]);
  });
});

describe('the public network', () => {
  it('makes no key and funds no account; it says what to do', async () => {
    world = await createWorld({ network: 'public' });
    const issuer = (await world.somebody()).publicKey;
    const asset = { code: 'USDC', issuer };
    expect(await codeOf(registerAsset(world.ctx, asset, world.seeds, world.say))).toBe(
      'DISTRIBUTION_SEED_MISSING',
    );
    expect(await world.ctx.db.read.selectFrom('keys').selectAll().execute()).toEqual([]);
    world.seeds.given.distribution = randomSeed(systemIds);
    expect(await codeOf(registerAsset(world.ctx, asset, world.seeds, world.say))).toBe('ACCOUNT_MISSING');
    expect(await assets()).toEqual([]);
  });

  it('refuses a trustline that the reserve does not carry, before anything is sent', async () => {
    world = await createWorld({ network: 'public' });
    const rich = await world.somebody();
    const seed = randomSeed(systemIds);
    const poor = keyPairFromSeed(seed);
    await world.submit(rich, {
      type: 'createAccount',
      destination: poor.publicKey,
      startingBalance: 12_000_000n,
    });
    world.seeds.given.distribution = seed;
    const asset = { code: 'USDC', issuer: rich.publicKey };
    expect(await codeOf(registerAsset(world.ctx, asset, world.seeds, world.say))).toBe('RESERVE_TOO_LOW');
    expect(await envelopes()).toEqual([]);
    await world.submit(rich, {
      type: 'payment',
      destination: poor.publicKey,
      asset: NATIVE,
      amount: 50_000_000n,
    });
    const made = await registerAsset(world.ctx, asset, world.seeds, world.say);
    expect(made).toMatchObject({ distribution: poor.publicKey, created: true });
  });
});

describe('the memo that receiving accounts ask for', () => {
  it('is set with the trustline, on receiving accounts only, and once (SO-08)', async () => {
    world = await createWorld();
    const made = await issueAsset(world.ctx, ABC, world.seeds, world.say);
    expect(await asks(made.distribution)).toBe(true);
    expect(await asks(made.issuer ?? '')).toBe(false);
    const usd = await registerAsset(
      world.ctx,
      { code: 'USD', issuer: (await world.somebody()).publicKey },
      world.seeds,
      world.say,
    );
    expect(await asks(usd.distribution)).toBe(true);
    await completeProvision(world.ctx, world.seeds, world.say);
    expect(await envelopes()).toHaveLength(2);
  });

  it('is made good by the next set-up, with another value too (SO-08)', async () => {
    world = await createWorld();
    const { distribution } = await issueAsset(world.ctx, ABC, world.seeds, world.say);
    const key = await storedKey(world.ctx, distribution);
    for (const value of [null, '0']) {
      await world.submit(key, { type: 'manageData', name: 'config.memo_required', value });
      expect(await asks(distribution)).toBe(false);
      await completeProvision(world.ctx, world.seeds, world.say);
      expect(await asks(distribution)).toBe(true);
    }
  });

  it('is left to its signers where one key does not suffice, and set-up does not fail for it (SO-08)', async () => {
    world = await createWorld();
    const { distribution } = await issueAsset(world.ctx, ABC, world.seeds, world.say);
    const key = await storedKey(world.ctx, distribution);
    await world.submit(key, { type: 'manageData', name: 'config.memo_required', value: null });
    const signer = { key: keyPairFromSeed(randomSeed(systemIds)).publicKey, weight: 1 };
    await world.submit(key, { type: 'setOptions', options: { signer, mediumThreshold: 2 } });
    const before = (await envelopes()).length;
    await completeProvision(world.ctx, world.seeds, world.say);
    expect(await asks(distribution)).toBe(false);
    expect(await envelopes()).toHaveLength(before);
  });
});

describe('set-up again', () => {
  it('follows a move of the anchor with the home domain of an issuer whose key is at hand (S1-30)', async () => {
    world = await createWorld();
    const made = await issueAsset(world.ctx, ABC, world.seeds, world.say);
    const moved = { ...world.ctx, project: { ...world.ctx.project, homeDomain: 'elsewhere.test' } };
    const seed = world.seeds.given.issuer;
    world.seeds.given.issuer = null;
    await completeProvision(moved, world.seeds, world.say);
    expect((await world.account(made.issuer ?? '')).homeDomain).toBe('anchor.test');
    expect(world.seeds.said.at(-1)).toContain('elsewhere.test');
    world.seeds.given.issuer = seed;
    await completeProvision(moved, world.seeds, world.say);
    expect((await world.account(made.issuer ?? '')).homeDomain).toBe('elsewhere.test');
  });
});
