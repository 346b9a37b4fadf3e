import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Project } from '../../src/config/project.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { submitPayments } from '../../src/payments/index.ts';
import { authorization, isAuthorized, type SignRequest } from '../../src/payments/signers/protocol.ts';
import { answerSignRequest } from '../../src/payments/signers/server.ts';
import { pollDeposits } from '../../src/rails/index.ts';
import { addSignatures, buildTransaction } from '../../src/stellar/build.ts';
import { readPaymentEnvelope } from '../../src/stellar/envelope.ts';
import { keyPairFromSeed, randomKeyPair, randomSeed } from '../../src/stellar/keys.ts';
import type { Fetch } from '../../src/stellar/port.ts';
import { sealDistributionSeed, type TransactionRow } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

const SECRET = 'a-secret-of-the-signer-and-the-anchor';
const URL = 'https://signer.example/sign';

/** Stands in for the signer's process: what it is asked, and what it answers. */
interface Signer {
  fetch: Fetch;
  asked: SignRequest[];
  /** null: the reference signer */
  answer: ((request: SignRequest) => Promise<Response> | Response) | null;
  keys: Seeded[];
}

function signerFor(money: () => Money): Signer {
  const signer: Signer = {
    asked: [],
    answer: null,
    keys: [],
    async fetch(input, init) {
      expect(input).toBe(URL);
      const body = String(init?.body);
      const header = new Headers(init?.headers).get('x-anchor-signature');
      const request = JSON.parse(body) as SignRequest;
      signer.asked.push(request);
      if (signer.answer !== null) return signer.answer(request);
      const { ctx } = money();
      const keys = signer.keys.map((one) => keyPairFromSeed(one.seed));
      const answer = await answerSignRequest({ ctx, secret: SECRET, keys }, header, body);
      return Response.json(answer.body, { status: answer.status });
    },
  };
  return signer;
}

describe('requests to a signer', () => {
  it('carry an authorization over time and body, and never the secret', () => {
    const header = authorization(SECRET, '{"a":1}', 1_000);
    expect(header).not.toContain(SECRET);
    expect(isAuthorized(header, SECRET, '{"a":1}', 1_000)).toBe(true);
    expect(isAuthorized(header, SECRET, '{"a":1}', 1_300)).toBe(true);
    expect(isAuthorized(header, SECRET, '{"a":1}', 1_301)).toBe(false);
    expect(isAuthorized(header, SECRET, '{"a":2}', 1_000)).toBe(false);
    expect(isAuthorized(header, `${SECRET}x`, '{"a":1}', 1_000)).toBe(false);
    for (const bad of [null, '', 'Bearer x', 't=1000', 's=ab, t=1000', `t=1000, s=${'0'.repeat(64)}`]) {
      expect(isAuthorized(bad, SECRET, '{"a":1}', 1_000)).toBe(false);
    }
  });
});

describeDatabases('an external signer', (test) => {
  let money: Money;
  let signer: Signer;
  beforeAll(async () => {
    signer = signerFor(() => money);
    const project: Partial<Project> = { signer: { url: URL, secret: SECRET } };
    money = await openMoney(test, { project, asset: { distribution_seed: null } });
    // what is not the network goes to the signer
    Object.assign(money.ctx, { fetch: signer.fetch });
    signer.keys = [money.distribution];
  });
  beforeEach(() => {
    signer.asked.length = 0;
    signer.answer = null;
  });
  afterEach(async () => {
    const open = await money.ctx.db.read
      .selectFrom('slots')
      .selectAll()
      .where('state', '=', 'open')
      .execute();
    expect(open).toEqual([]);
  });
  afterAll(() => money.close());

  const started = async (units = 10n) => {
    const wallet = await money.wallet();
    const row = await money.started('deposit', wallet.publicKey, units * XLM);
    money.credit(row, String(units));
    await pollDeposits(money.ctx, money.options);
    return { wallet, row };
  };
  const brief = () => ({ ...money.options, deadlineMs: money.clock.now() + 3_000 });
  const submit = (options = money.options) => submitPayments(money.ctx, options);
  const paidOnce = async ({ row, wallet }: { row: TransactionRow; wallet: Seeded }): Promise<void> => {
    expect((await money.row(row.id)).status).toBe('completed');
    expect(await money.deliveries(wallet.publicKey)).toHaveLength(1);
  };
  const notPaid = async ({ row, wallet }: { row: TransactionRow; wallet: Seeded }, text: string) => {
    expect(await money.deliveries(wallet.publicKey)).toHaveLength(0);
    const [owed] = await money.obligations(row.id);
    expect(owed).toMatchObject({ waiting_code: 'signatures' });
    expect(owed?.waiting_text).toContain(text);
    expect(['pending_anchor', 'pending_stellar']).toContain((await money.row(row.id)).status);
  };
  const slots = () => money.ctx.db.read.selectFrom('slots').selectAll().execute();
  const endOfLife = async (): Promise<void> => {
    const live = await money.ctx.db.read
      .selectFrom('envelopes')
      .select('max_ledger')
      .where('state', '=', 'signed')
      .execute();
    const last = Math.max(0, ...live.map((row) => row.max_ledger));
    if (last > 0) money.sandbox.closeLedger({ sequence: last + 1 });
  };

  it('signs what is owed, and is told what it pays', async () => {
    const one = await started();
    await submit();
    await paidOnce(one);
    expect(signer.asked).toHaveLength(1);
    const [owed] = await money.obligations(one.row.id);
    expect(signer.asked[0]).toMatchObject({
      version: 1,
      account: money.distribution.publicKey,
      network_passphrase: money.sandbox.passphrase,
      obligations: [
        {
          id: owed?.id,
          operation: 0,
          amount: '9',
          destination: one.wallet.publicKey,
          memo: null,
          purpose: 'deliver',
        },
      ],
    });
  });

  it.each<[string, () => Promise<Response> | Response]>([
    ['no connection', () => Promise.reject(new Error('ECONNREFUSED'))],
    ['500', () => new Response('oops', { status: 500 })],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'http://evil.example' } })],
    ['200 with a page', () => new Response('<html>')],
    ['200 without signatures', () => Response.json({ signatures: [] })],
    ['200 with numbers', () => Response.json({ signatures: [{ public_key: 1, signature: 2 }] })],
    ['a huge answer', () => new Response('x'.repeat(1_000_000))],
    ['403 without a reason', () => new Response('no', { status: 403 })],
    ['null', () => new Response('null')],
  ])('F21: %s is unknown: the same slot, asked again, paid once', async (_, answer) => {
    const before = (await slots()).length;
    const one = await started();
    signer.answer = answer;
    await submit(brief());
    await notPaid(one, 'does not answer');
    expect(await slots()).toHaveLength(before + 1);
    signer.answer = null;
    await submit();
    await paidOnce(one);
    expect(await slots()).toHaveLength(before + 1);
    expect(new Set(signer.asked.map(({ hash }) => hash)).size).toBe(1);
  });

  it('F21: a signature that is wrong, of a stranger or of another transaction is garbage', async () => {
    const before = (await slots()).length;
    const one = await started();
    const stranger = randomKeyPair(systemIds);
    const answers: ((hash: Buffer) => object)[] = [
      () => ({ public_key: money.distribution.publicKey, signature: Buffer.alloc(64).toString('base64') }),
      (hash) => ({ public_key: stranger.publicKey, signature: stranger.sign(hash).toString('base64') }),
      () => ({
        public_key: money.distribution.publicKey,
        signature: money.distribution.sign(Buffer.alloc(32)).toString('base64'),
      }),
      (hash) => ({ public_key: 'nobody', signature: money.distribution.sign(hash).toString('base64') }),
      (hash) => ({
        public_key: money.distribution.publicKey,
        signature: `${money.distribution.sign(hash).toString('base64')}AAAA`,
      }),
    ];
    for (const make of answers) {
      signer.answer = ({ hash }) => Response.json({ signatures: [make(Buffer.from(hash, 'hex'))] });
      await submit(brief());
      await notPaid(one, 'does not answer');
    }
    expect(
      await money.ctx.db.read
        .selectFrom('envelope_signatures')
        .selectAll()
        .where('public_key', '=', stranger.publicKey)
        .execute(),
    ).toEqual([]);
    signer.answer = null;
    await submit();
    await paidOnce(one);
    expect(await slots()).toHaveLength(before + 1);
  });

  it('F21: silent until the end of the envelope: proven dead, offered anew in the same slot', async () => {
    const before = (await slots()).length;
    const one = await started();
    signer.answer = () => new Response('', { status: 503 });
    await submit(brief());
    await endOfLife();
    signer.answer = null;
    await submit();
    await paidOnce(one);
    expect(await slots()).toHaveLength(before + 1);
    expect(new Set(signer.asked.map(({ hash }) => hash)).size).toBe(2);
  });

  it('F21: the answer is lost after it has signed: the same signature again, paid once', async () => {
    const one = await started();
    let lost = 0;
    signer.answer = async ({ hash }) => {
      lost++;
      money.distribution.sign(Buffer.from(hash, 'hex'));
      throw new Error('ECONNRESET');
    };
    await submit(brief());
    expect(lost).toBeGreaterThan(0);
    signer.answer = null;
    await submit();
    await paidOnce(one);
  });

  it('F21: a denial holds that payment with its reason, and the others go in the same slot', async () => {
    const before = (await slots()).length;
    const all = [await started(), await started(11n), await started(12n)];
    const bad = all[1]?.wallet.publicKey;
    signer.answer = async (request) => {
      const named = request.obligations.filter((one) => one.destination === bad).map((one) => one.operation);
      if (named.length > 0) return Response.json({ error: 'on a list', operations: named }, { status: 403 });
      const hash = Buffer.from(request.hash, 'hex');
      const signature = money.distribution.sign(hash).toString('base64');
      return Response.json({ signatures: [{ public_key: money.distribution.publicKey, signature }] });
    };
    await submit();
    await paidOnce(all[0] as never);
    await paidOnce(all[2] as never);
    await notPaid(all[1] as never, 'on a list');
    expect(await slots()).toHaveLength(before + 1);
    expect(await money.obligations(all[1]?.row.id ?? '')).toMatchObject([
      { state: 'waiting', slot_id: null },
    ]);
    signer.answer = null;
    money.clock.advance(700_000);
    await submit();
    await paidOnce(all[1] as never);
  });

  it('F21: a denial of everything is asked once, holds its slot until the end, and comes back later', async () => {
    const one = await started();
    signer.answer = () => Response.json({ error: 'the vault is closed' }, { status: 403 });
    await submit(brief());
    await submit(brief());
    expect(signer.asked).toHaveLength(1);
    await notPaid(one, 'the vault is closed');
    expect((await money.obligations(one.row.id))[0]).toMatchObject({ state: 'bound' });
    await endOfLife();
    await submit(brief());
    await notPaid(one, 'the vault is closed');
    expect((await money.obligations(one.row.id))[0]).toMatchObject({ state: 'waiting' });
    signer.answer = null;
    await submit(brief());
    expect(signer.asked).toHaveLength(1);
    money.clock.advance(700_000);
    await submit();
    await paidOnce(one);
  });
});

describeDatabases('the reference signer', (test) => {
  let money: Money;
  let signer: Signer;
  let request: SignRequest;
  beforeAll(async () => {
    signer = signerFor(() => money);
    const project: Partial<Project> = { signer: { url: URL, secret: SECRET } };
    money = await openMoney(test, { project, asset: { distribution_seed: null } });
    Object.assign(money.ctx, { fetch: signer.fetch });
    signer.keys = [money.distribution];
    signer.answer = () => new Response('', { status: 503 });
    const wallet = await money.wallet();
    const row = await money.started('deposit', wallet.publicKey, 10n * XLM);
    money.credit(row, '10');
    await pollDeposits(money.ctx, money.options);
    await submitPayments(money.ctx, { ...money.options, deadlineMs: money.clock.now() + 500 });
    request = signer.asked[0] as SignRequest;
  });
  afterAll(() => money.close());

  const ask = (body: string, secret = SECRET, at = Math.floor(money.clock.now() / 1000)) => {
    const keys = [keyPairFromSeed(money.distribution.seed)];
    return answerSignRequest({ ctx: money.ctx, secret: SECRET, keys }, authorization(secret, body, at), body);
  };

  it('answers the same request alike, with the bytes of the SDK', async () => {
    const body = JSON.stringify(request);
    const first = await ask(body);
    expect(first.status).toBe(200);
    expect(await ask(body)).toEqual(first);
    const [signature] = (first.body as { signatures: { public_key: string; signature: string }[] })
      .signatures;
    const theirs = await addSignatures(request.transaction, money.sandbox.passphrase, [money.distribution]);
    const [last] = readPaymentEnvelope(theirs.xdr).signatures.slice(-1);
    expect(signature).toEqual({
      public_key: money.distribution.publicKey,
      signature: Buffer.from(last?.signature ?? []).toString('base64'),
    });
  });

  it('refuses what is not signed with the secret, too old, or no request', async () => {
    const body = JSON.stringify(request);
    expect(await ask(body, 'another-secret-of-twenty-four')).toMatchObject({ status: 401 });
    expect(await ask(body, SECRET, 1_000)).toMatchObject({ status: 401 });
    for (const bad of [
      '',
      '{',
      'null',
      '[]',
      '{}',
      JSON.stringify({ ...request, version: 2 }),
      JSON.stringify({ ...request, hash: 'x' }),
    ]) {
      expect(await ask(bad)).toMatchObject({ status: 400 });
    }
    expect(await ask(JSON.stringify({ ...request, hash: 'ab'.repeat(32) }))).toMatchObject({ status: 400 });
    const garbled = JSON.stringify({ ...request, transaction: 'AAAA' });
    await expect(ask(garbled)).rejects.toMatchObject({ code: 'ENVELOPE_UNREADABLE' });
    expect(await ask(JSON.stringify({ ...request, network_passphrase: 'x' }))).toMatchObject({ status: 403 });
  });

  it('believes the database and not the request: what is not owed there is denied, with its operations', async () => {
    const { db } = money.ctx;
    const body = JSON.stringify(request);
    const id = request.obligations[0]?.id ?? '';
    const other = randomKeyPair(systemIds).publicKey;
    const denied = { status: 403, body: { operations: [0] } };
    const change = (set: object) =>
      db.read.updateTable('obligations').set(set).where('id', '=', id).execute();
    const { destination, amount_units } = await db.read
      .selectFrom('obligations')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    await change({ destination: other });
    expect(await ask(body)).toMatchObject(denied);
    await change({ destination, amount_units: amount_units - 1n });
    expect(await ask(body)).toMatchObject(denied);
    await change({ amount_units, memo: '7', memo_type: 'id' });
    expect(await ask(body)).toMatchObject(denied);
    await change({ memo: null, memo_type: null });
    await db.read.updateTable('assets').set({ payment_max_units: 1n }).execute();
    expect(await ask(body)).toMatchObject(denied);
    await db.read.updateTable('assets').set({ payment_max_units: null }).execute();
    const asset = { ...request, account: other };
    expect(await ask(JSON.stringify(asset))).toMatchObject({ status: 403 });
    expect(await ask(body)).toMatchObject({ status: 200 });
  });

  it('denies what the anchor has not written down', async () => {
    const forged = await buildTransaction({
      passphrase: money.sandbox.passphrase,
      source: money.distribution.publicKey,
      sequence: 1n,
      feePerOperation: 100n,
      operations: [
        { type: 'payment', destination: money.issuer.publicKey, asset: money.stellarAsset, amount: 1n },
      ],
      maxTime: 2_000_000_000,
      signers: [],
    });
    const body = JSON.stringify({ ...request, transaction: forged.xdr, hash: forged.hash });
    expect(await ask(body)).toMatchObject({ status: 403 });
  });
});

describeDatabases('keys that do not fit', (test) => {
  let money: Money;
  beforeAll(async () => {
    money = await openMoney(test, { log: silentLog });
  });
  afterAll(() => money.close());

  const started = async () => {
    const wallet = await money.wallet();
    const row = await money.started('deposit', wallet.publicKey, 10n * XLM);
    money.credit(row, '10');
    await pollDeposits(money.ctx, money.options);
    return { wallet, row };
  };
  const heldFor = async (id: string, text: string): Promise<void> => {
    const [owed] = await money.obligations(id);
    expect(owed).toMatchObject({ state: 'waiting', waiting_code: 'signatures', slot_id: null });
    expect(owed?.waiting_text).toContain(text);
    const open = await money.ctx.db.read
      .selectFrom('slots')
      .select('id')
      .where('state', '=', 'open')
      .execute();
    expect(open).toEqual([]);
  };
  const seed = (text: string) =>
    money.ctx.db.read
      .updateTable('assets')
      .set({ distribution_seed: sealDistributionSeed(money.ctx.box, money.asset.id, text) })
      .where('id', '=', money.asset.id)
      .execute();
  const again = async (): Promise<void> => {
    money.clock.advance(700_000);
    await submitPayments(money.ctx, money.options);
  };

  it('F21: a wrong seed signs nothing, takes no slot, and says which key it is', async () => {
    const wrong = randomSeed(systemIds);
    await seed(wrong);
    const { row } = await started();
    await submitPayments(money.ctx, money.options);
    await heldFor(row.id, keyPairFromSeed(wrong).publicKey);
    await seed(money.distribution.seed);
    await again();
    expect((await money.row(row.id)).status).toBe('completed');
  });

  it('F21: a seed that cannot be opened is said, and nothing of it is shown', async () => {
    await money.ctx.db.read.updateTable('assets').set({ distribution_seed: 'k9:nonsense' }).execute();
    const { row } = await started();
    await submitPayments(money.ctx, money.options);
    await heldFor(row.id, '');
    await seed(money.distribution.seed);
    await again();
    expect((await money.row(row.id)).status).toBe('completed');
  });

  it('F21: signer removed, thresholds out of reach, and back again', async () => {
    const other = randomKeyPair(systemIds);
    // through another account: a transaction of the distribution account itself that nobody here signed freezes signing
    const via = await money.wallet({ trust: false });
    const account = await money.ctx.network.account(via.publicKey);
    if ('missing' in account) throw new Error('missing');
    const options = {
      masterWeight: 0,
      signer: { key: other.publicKey, weight: 1 },
      mediumThreshold: 1,
      highThreshold: 1,
    };
    const change = await buildTransaction({
      passphrase: money.sandbox.passphrase,
      source: via.publicKey,
      sequence: account.sequence + 1n,
      feePerOperation: 100n,
      operations: [{ type: 'setOptions', source: money.distribution.publicKey, options }],
      maxTime: 0,
      signers: [via, money.distribution],
    });
    money.sandbox.closeLedger({ transactions: [change.xdr] });
    const { row } = await started();
    await submitPayments(money.ctx, money.options);
    await heldFor(row.id, 'is not one of its signers');
    // the other signer's seed serves as well as the account's own
    await seed(other.seed);
    await again();
    expect((await money.row(row.id)).status).toBe('completed');
  });
});
