import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemIds } from '../../src/kernel/ids.ts';
import {
  awaitingEnvelope,
  awaitingEnvelopes,
  cosign,
  cosignView,
  powersFor,
  readOffer,
} from '../../src/payments/cosign/index.ts';
import { powersOf, sufficient } from '../../src/payments/cosign/weights.ts';
import { submitPayments } from '../../src/payments/index.ts';
import { pollDeposits } from '../../src/rails/index.ts';
import { addSignatures, buildTransaction } from '../../src/stellar/build.ts';
import { randomKeyPair } from '../../src/stellar/keys.ts';
import type { AccountOptions } from '../../src/stellar/operations.ts';
import type { TransactionRow } from '../../src/transfers/index.ts';
import { existing } from '../support/anchor.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

const key = (at: number): string => `G${String(at)}`;

describe('weights', () => {
  const powers = (weights: number[], needed: number) => {
    const signers = weights.map((weight, at) => ({ key: key(at), weight, type: 'ed25519_public_key' }));
    const hash = { key: 'X', weight: 9, type: 'sha256_hash' };
    const thresholds = { low: 0, medium: needed, high: 0 };
    return powersOf({ ...existing('G'), signers: [...signers, hash], thresholds });
  };

  it('choose no signature too many: the network refuses what it did not need', () => {
    expect(sufficient(powers([1, 1, 1], 2), [key(0), key(1), key(2)])).toHaveLength(2);
    expect(sufficient(powers([1, 5, 1], 5), [key(0), key(1), key(2)])).toEqual([key(1)]);
    expect(sufficient(powers([2, 3, 1], 4), [key(0), key(1), key(2)])).toEqual([key(1), key(0)]);
  });

  it('need one signature at least, and count no stranger, nobody twice, no other kind of signer', () => {
    expect(sufficient(powers([1], 0), [])).toBeNull();
    expect(sufficient(powers([1], 0), [key(0)])).toEqual([key(0)]);
    expect(sufficient(powers([1, 1], 2), [key(0), key(0), key(7), 'X'])).toBeNull();
  });
});

describeDatabases('a distribution account with co-signers', (test) => {
  let money: Money;
  let ada: Seeded;
  let ben: Seeded;
  beforeAll(async () => {
    money = await openMoney(test);
    ada = randomKeyPair(systemIds);
    ben = randomKeyPair(systemIds);
    const signer = (one: Seeded, weight: number): AccountOptions => ({
      signer: { key: one.publicKey, weight },
    });
    await money.apply(money.distribution, [
      { type: 'setOptions', options: signer(ada, 1) },
      { type: 'setOptions', options: signer(ben, 1) },
      {
        type: 'setOptions',
        options: { masterWeight: 1, lowThreshold: 1, mediumThreshold: 2, highThreshold: 3 },
      },
    ]);
  });
  afterAll(() => money.close());

  const deposit = async (units = 10n) => {
    const wallet = await money.wallet();
    const row = await money.started('deposit', wallet.publicKey, units * XLM);
    money.credit(row, String(units));
    await pollDeposits(money.ctx, money.options);
    return { wallet, row };
  };
  const submit = () => submitPayments(money.ctx, money.options);
  const settled = async ({ row, wallet }: { row: TransactionRow; wallet: Seeded }): Promise<void> => {
    expect((await money.row(row.id)).status).toBe('completed');
    expect(await money.deliveries(wallet.publicKey)).toHaveLength(1);
    expect(
      await money.ctx.db.read.selectFrom('slots').select('id').where('state', '=', 'open').execute(),
    ).toEqual([]);
  };
  const add = async (id: string, text: string) => {
    const envelope = await awaitingEnvelope(money.ctx, id);
    const powers = await powersFor(money.ctx, envelope);
    return cosign(money.ctx, envelope, powers, readOffer(money.ctx, envelope, text), 'operator:test');
  };
  const refuses = async (id: string, text: string, code: string): Promise<void> => {
    const before = await money.ctx.db.read.selectFrom('envelope_signatures').selectAll().execute();
    await expect(add(id, text)).rejects.toMatchObject({ code });
    const after = await money.ctx.db.read.selectFrom('envelope_signatures').selectAll().execute();
    expect(after).toEqual(before);
  };

  it('F21: waits in its slot for signatures, is not sent before, and is paid once they are there', async () => {
    const one = await deposit();
    const submissions = money.sandbox.ledger.pending().length;
    await submit();
    expect(money.sandbox.ledger.pending()).toHaveLength(submissions);
    expect(await money.deliveries(one.wallet.publicKey)).toHaveLength(0);
    expect(await money.obligations(one.row.id)).toMatchObject([
      { state: 'bound', waiting_code: 'signatures' },
    ]);
    const envelope = await awaitingEnvelope(money.ctx, one.row.id);
    const view = await cosignView(money.ctx, envelope, await powersFor(money.ctx, envelope));
    expect(view).toMatchObject({ weight: 1, needed: 2, account: money.distribution.publicKey });
    expect(view.payments).toMatchObject([{ destination: one.wallet.publicKey, amount: '9' }]);
    expect(Date.parse(view.expires_at) - money.clock.now()).toBeGreaterThan(23 * 3_600_000);
    expect(await awaitingEnvelopes(money.ctx)).toHaveLength(1);

    const done = await add(one.row.id, ada.seed);
    expect(done).toEqual({ added: [ada.publicKey], weight: 2, needed: 2, complete: true });
    await submit();
    await settled(one);
    await expect(awaitingEnvelope(money.ctx, one.row.id)).rejects.toMatchObject({ code: 'NOTHING_TO_SIGN' });
  });

  it('takes the signed transaction as XDR, or a key and its signature', async () => {
    const one = await deposit();
    await submit();
    const { xdr } = await awaitingEnvelope(money.ctx, one.row.id);
    const signed = await addSignatures(xdr, money.sandbox.passphrase, [ada]);
    expect(await add(one.row.id, ` ${signed.xdr}\n`)).toMatchObject({
      added: [ada.publicKey],
      complete: true,
    });
    await submit();
    await settled(one);

    const two = await deposit();
    await submit();
    const { hash } = await awaitingEnvelope(money.ctx, two.row.id);
    const signature = ben.sign(Buffer.from(hash, 'hex')).toString('base64');
    expect(await add(hash, `${ben.publicKey} ${signature}`)).toMatchObject({ added: [ben.publicKey] });
    await submit();
    await settled(two);
  });

  it('sends no signature too many when more co-signers were eager', async () => {
    const one = await deposit();
    await submit();
    await add(one.row.id, ada.seed);
    await add(one.row.id, ben.seed);
    await submit();
    await settled(one);
  });

  it('refuses signatures that are unknown, wrong, double or of another transaction, and changes nothing', async () => {
    const one = await deposit();
    await submit();
    const { xdr, hash } = await awaitingEnvelope(money.ctx, one.row.id);
    const stranger = randomKeyPair(systemIds);
    await refuses(one.row.id, stranger.seed, 'SIGNATURE_UNKNOWN');
    const both = await addSignatures(xdr, money.sandbox.passphrase, [ada, stranger]);
    await refuses(one.row.id, both.xdr, 'SIGNATURE_UNKNOWN');
    await refuses(one.row.id, xdr, 'SIGNATURE_DUPLICATE');
    await refuses(one.row.id, money.distribution.seed, 'SIGNATURE_DUPLICATE');
    const wrong = ada.sign(Buffer.alloc(32)).toString('base64');
    await refuses(one.row.id, `${ada.publicKey} ${wrong}`, 'SIGNATURE_WRONG');
    const other = await buildTransaction({
      passphrase: money.sandbox.passphrase,
      source: money.distribution.publicKey,
      sequence: 99n,
      feePerOperation: 100n,
      operations: [{ type: 'payment', destination: ada.publicKey, asset: money.stellarAsset, amount: 1n }],
      maxTime: 0,
      signers: [ada],
    });
    await refuses(one.row.id, other.xdr, 'ENVELOPE_OTHER');
    const elsewhere = await addSignatures(xdr, 'Another Network ; 2026', [ada]);
    await refuses(one.row.id, elsewhere.xdr, 'SIGNATURE_WRONG');
    for (const text of ['', 'hello', 'a b c', `${ada.publicKey} AAAA`, '\u0000', 'Ü'.repeat(50_000)]) {
      await expect(add(one.row.id, text)).rejects.toMatchObject({ exitStatus: 2 });
    }
    await refuses(one.row.id, `${ada.seed.slice(0, -1)}1`, 'SEED_INVALID').catch(async () => {
      await refuses(one.row.id, `${ada.seed.slice(0, -1)}1`, 'ENVELOPE_UNREADABLE');
    });
    await expect(awaitingEnvelope(money.ctx, 'nonsense')).rejects.toMatchObject({
      code: 'ENVELOPE_NOT_FOUND',
    });
    await add(hash, ben.seed);
    await submit();
    await settled(one);
  });

  it('counts by the signers and thresholds of now: one that is removed counts no more', async () => {
    const carl = randomKeyPair(systemIds);
    const other = await money.wallet({ trust: false });
    const bySigners = async (options: AccountOptions): Promise<void> => {
      const account = await money.ctx.network.account(other.publicKey);
      if ('missing' in account) throw new Error('missing');
      const signed = await buildTransaction({
        passphrase: money.sandbox.passphrase,
        source: other.publicKey,
        sequence: account.sequence + 1n,
        feePerOperation: 100n,
        operations: [{ type: 'setOptions', source: money.distribution.publicKey, options }],
        maxTime: 0,
        signers: [other, money.distribution, ada, ben],
      });
      money.sandbox.closeLedger({ transactions: [signed.xdr] });
    };
    await bySigners({ signer: { key: carl.publicKey, weight: 1 } });
    const one = await deposit();
    await submit();
    await add(one.row.id, carl.seed);
    await bySigners({ signer: { key: carl.publicKey, weight: 0 } });
    await submit();
    expect(await money.deliveries(one.wallet.publicKey)).toHaveLength(0);
    expect(await money.obligations(one.row.id)).toMatchObject([
      { state: 'bound', waiting_code: 'signatures' },
    ]);
    await add(one.row.id, ada.seed);
    await submit();
    await settled(one);
  });

  it('R4: expired and proven dead, it is offered anew in the same slot, and old signatures pay nothing', async () => {
    const one = await deposit();
    await submit();
    const first = await awaitingEnvelope(money.ctx, one.row.id);
    const powers = await powersFor(money.ctx, first);
    money.clock.advance(25 * 3_600_000);
    await submit();
    // the clock alone proves nothing
    expect((await awaitingEnvelope(money.ctx, one.row.id)).hash).toBe(first.hash);
    await expect(
      (async () => {
        const account = await money.ctx.network.account(money.distribution.publicKey);
        if ('missing' in account) throw new Error('missing');
        expect(account.ledger).toBeLessThan(first.max_ledger);
      })(),
    ).resolves.toBeUndefined();
    money.sandbox.closeLedger({ sequence: first.max_ledger + 1 });
    await submit();
    const second = await awaitingEnvelope(money.ctx, one.row.id);
    expect(second.hash).not.toBe(first.hash);
    expect(second.slot_id).toBe(first.slot_id);
    const late = readOffer(money.ctx, first, ada.seed);
    await expect(cosign(money.ctx, first, powers, late, 'operator:test')).rejects.toMatchObject({
      code: 'NOTHING_TO_SIGN',
    });
    await add(second.hash, ada.seed);
    await submit();
    await settled(one);
  });
});
