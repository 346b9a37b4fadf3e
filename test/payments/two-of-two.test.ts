import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Project } from '../../src/config/project.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { awaitingEnvelope, cosign, powersFor, readOffer } from '../../src/payments/cosign/index.ts';
import { submitPayments } from '../../src/payments/index.ts';
import { answerSignRequest } from '../../src/payments/signers/server.ts';
import { pollDeposits } from '../../src/rails/index.ts';
import { readPaymentEnvelope } from '../../src/stellar/envelope.ts';
import { keyPairFromSeed, randomKeyPair } from '../../src/stellar/keys.ts';
import type { TransactionRow } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

const SECRET = 'a secret of the anchor and its signer';

describeDatabases('an account with one key here and one with the external signer', (test) => {
  let money: Money;
  let vault: Seeded;
  let held: Seeded[] = [];
  let asked = 0;
  beforeAll(async () => {
    vault = randomKeyPair(systemIds);
    const project: Partial<Project> = { signer: { url: 'https://signer.example/', secret: SECRET } };
    money = await openMoney(test, { project });
    const ask = async (_input: string, init?: RequestInit): Promise<Response> => {
      asked += 1;
      const header = new Headers(init?.headers).get('x-anchor-signature');
      const keys = held.map((one) => keyPairFromSeed(one.seed));
      const answer = await answerSignRequest(
        { ctx: money.ctx, secret: SECRET, keys },
        header,
        String(init?.body),
      );
      return Response.json(answer.body, { status: answer.status });
    };
    Object.assign(money.ctx, { fetch: ask });
    await money.apply(money.distribution, [
      { type: 'setOptions', options: { signer: { key: vault.publicKey, weight: 1 } } },
      {
        type: 'setOptions',
        options: { masterWeight: 1, lowThreshold: 1, mediumThreshold: 2, highThreshold: 2 },
      },
    ]);
  });
  beforeEach(() => {
    asked = 0;
  });
  afterAll(() => money.close());

  const deposit = async (): Promise<{ wallet: Seeded; row: TransactionRow }> => {
    const wallet = await money.wallet();
    const row = await money.started('deposit', wallet.publicKey, 10n * XLM);
    money.credit(row, '10');
    await pollDeposits(money.ctx, money.options);
    return { wallet, row };
  };
  const submit = () => submitPayments(money.ctx, money.options);
  const expectPaid = async ({ wallet, row }: { wallet: Seeded; row: TransactionRow }): Promise<void> => {
    expect((await money.row(row.id)).status).toBe('completed');
    expect(await money.deliveries(wallet.publicKey)).toHaveLength(1);
  };

  it('gives the transaction both signatures, and nobody else is asked (F21)', async () => {
    // a key of another account is held there too, and not used
    held = [randomKeyPair(systemIds), vault];
    const one = await deposit();
    await submit();
    await expectPaid(one);
    expect(asked).toBe(1);
    const [paid] = await money.deliveries(one.wallet.publicKey);
    expect(readPaymentEnvelope(paid?.transaction.envelopeXdr ?? '').signatures).toHaveLength(2);
  });

  it('asks people where the signer holds no key of the account (F21)', async () => {
    await money.ctx.db.read.deleteFrom('facts').where('name', 'like', 'signer:%').execute();
    held = [randomKeyPair(systemIds)];
    const one = await deposit();
    await submit();
    expect(await money.obligations(one.row.id)).toMatchObject([
      { state: 'bound', waiting_code: 'signatures' },
    ]);
    expect(await money.deliveries(one.wallet.publicKey)).toHaveLength(0);
    const first = await awaitingEnvelope(money.ctx, one.row.id);
    expect(first.awaiting).toBe('cosigners');
    // that one had bounds for a machine; the next one, in the same slot, has them for people
    money.closeLedgers(30);
    money.clock.advance(400_000);
    await submit();
    money.clock.advance(400_000);
    await submit();
    const second = await awaitingEnvelope(money.ctx, one.row.id);
    expect(second.slot_id).toBe(first.slot_id);
    expect(second.max_ledger - first.max_ledger).toBeGreaterThan(1_000);
    const powers = await powersFor(money.ctx, second);
    await cosign(money.ctx, second, powers, readOffer(money.ctx, second, vault.seed), 'operator:test');
    await submit();
    await expectPaid(one);
    expect(asked).toBe(1);
  });
});
