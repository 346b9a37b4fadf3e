import { Keypair, Operation } from '@stellar/stellar-sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSandbox } from '../../src/sandbox/index.ts';
import { Net, payment, settle } from './support.ts';

describe('the control surface', () => {
  let net: Net;
  beforeEach(() => {
    net = new Net();
  });
  afterEach(() => net.sandbox.close());

  it('resets to a given root, pool of ids and ledger', async () => {
    const { status, body } = await net.post('/sandbox/reset', {
      root: { sequence: '62', balance: '99999995329.4870800' },
      id_pool: '9',
      ledger: { sequence: 666, close_time: 1795329933 },
    });
    expect(status).toBe(200);
    expect(body).toEqual({ sequence: 666, closed_at: '2026-11-22T06:45:33Z' });
    const root = (await net.get(`/accounts/${net.root.publicKey()}`)).body;
    expect(root.sequence).toBe('62');
    expect(root.balances[0].balance).toBe('99999995329.4870800');
    expect(net.sandbox.ledger.header.idPool).toBe(9n);
    expect((await net.get('/')).body.history_elder_ledger).toBe(666);
  });

  it('closes one ledger that holds just what is given, in order', async () => {
    const alice = net.account();
    const [one, two] = [Keypair.random(), Keypair.random()];
    const create = (keypair: Keypair) =>
      Operation.createAccount({ destination: keypair.publicKey(), startingBalance: '5' });
    const first = net.build(alice, [create(one)]);
    const second = net.build(net.root, [create(two)]);
    const { status, body } = await net.post('/sandbox/ledgers', {
      sequence: 100,
      close_time: 1795330000,
      transactions: [first.toXDR(), second.toXDR()],
    });
    expect(status).toBe(200);
    expect(body.sequence).toBe(100);
    expect(body.closed_at).toBe('2026-11-22T06:46:40Z');
    expect(body.results).toEqual([
      {
        hash: first.hash().toString('hex'),
        result_xdr: 'AAAAAAAAAGQAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAA=',
        fee_charged: '100',
      },
      {
        hash: second.hash().toString('hex'),
        result_xdr: 'AAAAAAAAAGQAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAA=',
        fee_charged: '100',
      },
    ]);
    expect(net.sandbox.ledger.account(one.publicKey())?.sequence).toBe(100n << 32n);
  });

  it('closes what waits when nothing is given, and several with a count', async () => {
    const alice = net.account();
    const answer = net.submit(net.build(alice, [payment(net.root, '1')]).toXDR());
    await settle();
    const { body } = await net.post('/sandbox/ledgers', {});
    expect(body.results).toHaveLength(1);
    expect((await answer).status).toBe(200);
    const before = net.sandbox.ledger.header.sequence;
    await net.post('/sandbox/ledgers', { count: 20 });
    expect(net.sandbox.ledger.header.sequence).toBe(before + 20);
  });

  it('moves the time of later ledgers', async () => {
    const start = net.sandbox.ledger.header.closeTime;
    await net.post('/sandbox/time', { advance: 3600 });
    net.sandbox.closeLedger();
    expect(net.sandbox.ledger.header.closeTime).toBe(start + 3600);
    const { body } = await net.post('/sandbox/time', { time: start + 10_000 });
    expect(body.now).toBe(start + 10_000);
    net.sandbox.closeLedger();
    expect(net.sandbox.ledger.header.closeTime).toBe(start + 10_000);
  });

  it('exports everything', async () => {
    const alice = net.account();
    const hash = net.apply(alice, Operation.manageData({ name: 'k', value: 'v' }));
    const { status, body } = await net.get('/sandbox/export');
    expect(status).toBe(200);
    expect(body.settings.passphrase).toBe(net.sandbox.passphrase);
    expect(body.transactions.at(-1)).toMatchObject({ hash, order: 1 });
    expect(body.entries.some((entry: { kind: string }) => entry.kind === 'data')).toBe(true);
  });

  it.each([
    ['/sandbox/ledgers', { sequence: 1 }],
    ['/sandbox/ledgers', { sequence: 'x' }],
    ['/sandbox/ledgers', { sequence: -5 }],
    ['/sandbox/ledgers', { sequence: 2 ** 31 }],
    ['/sandbox/ledgers', { close_time: 1 }],
    ['/sandbox/ledgers', { close_time: 1.5 }],
    ['/sandbox/ledgers', { transactions: 'AAAA' }],
    ['/sandbox/ledgers', { transactions: ['AAAA'] }],
    ['/sandbox/ledgers', { transactions: [1] }],
    ['/sandbox/ledgers', { count: 0 }],
    ['/sandbox/ledgers', { count: 1e9 }],
    ['/sandbox/ledgers', { nope: 1 }],
    ['/sandbox/ledgers', []],
    ['/sandbox/reset', { root: 5 }],
    ['/sandbox/reset', { root: { balance: 'x' } }],
    ['/sandbox/reset', { root: { balance: '100000000001' } }],
    ['/sandbox/reset', { root: { sequence: '9223372036854775808' } }],
    ['/sandbox/reset', { ledger: { sequence: 0 } }],
    ['/sandbox/reset', { id_pool: -1 }],
    ['/sandbox/reset', null],
    ['/sandbox/time', {}],
    ['/sandbox/time', { time: 1, advance: 1 }],
    ['/sandbox/time', { advance: 'soon' }],
  ])('refuses %s %j and changes nothing', async (path, body) => {
    net.account();
    const before = net.sandbox.ledger.header;
    const answer = await net.post(path, body);
    expect(answer.status).toBe(400);
    expect(answer.body.error.code).toMatch(/^[A-Z_]+$/);
    expect(net.sandbox.ledger.header).toEqual(before);
  });

  it('refuses what is not JSON, and unknown controls', async () => {
    const raw = await net.sandbox.fetch('http://localhost/sandbox/reset', { method: 'POST', body: '{' });
    expect(raw.status).toBe(400);
    expect((await net.post('/sandbox/nope', {})).status).toBe(404);
    expect((await net.get('/sandbox/ledgers')).status).toBe(404);
  });

  it('answers this machine only', async () => {
    const far = { incoming: { socket: { remoteAddress: '10.1.2.3' } } };
    const near = { incoming: { socket: { remoteAddress: '::ffff:127.0.0.1' } } };
    const ask = (env: object, headers: Record<string, string> = {}) =>
      net.sandbox.app.request('/sandbox/reset', { method: 'POST', body: '{}', headers }, env);
    net.account();
    const before = net.sandbox.ledger.header;
    expect((await ask(far)).status).toBe(403);
    expect((await ask(near, { origin: 'https://evil.example' })).status).toBe(403);
    expect(net.sandbox.ledger.header).toEqual(before);
    expect((await ask(near, { origin: 'http://localhost:3000' })).status).toBe(200);
  });
});

describe('the same calls', () => {
  it('give the same bytes on another sandbox', async () => {
    const run = async () => {
      const net = new Net();
      const id = Keypair.fromRawEd25519Seed(Buffer.alloc(32, 7)).publicKey();
      const answer = net.get(`/friendbot?addr=${id}`);
      await settle();
      net.clock.advance(1_000);
      net.sandbox.closeLedger();
      const text = JSON.stringify((await answer).body);
      const { hash } = net.sandbox.ledger.header;
      await net.sandbox.close();
      return { text, hash };
    };
    expect(await run()).toEqual(await run());
  });
});

describe('closing by the clock', () => {
  it('closes a ledger every interval, empty or not, and stops', async () => {
    const net = new Net({ close: 5 });
    net.sandbox.start();
    const before = net.sandbox.ledger.header.sequence;
    for (let i = 0; i < 4; i++) {
      net.clock.advance(5_000);
      await settle();
    }
    expect(net.sandbox.ledger.header.sequence).toBe(before + 4);
    await net.sandbox.stop();
    net.clock.advance(60_000);
    await settle();
    expect(net.sandbox.ledger.header.sequence).toBe(before + 4);
    expect(net.clock.asleep).toBe(0);
    await net.sandbox.close();
  });

  it.each([0, -1, Number.NaN, 1e9])('refuses an interval of %d', (close) => {
    expect(() => createSandbox({ close })).toThrow(
      expect.objectContaining({ code: 'SANDBOX_OPTION_INVALID' }),
    );
  });

  it.each([
    { baseFee: 0 },
    { baseReserve: -1 },
    { operationsPerLedger: 1.5 },
    { protocolVersion: 0 },
    { passphrase: '' },
  ])('refuses %j', (options) => {
    expect(() => createSandbox(options)).toThrow(
      expect.objectContaining({ code: 'SANDBOX_OPTION_INVALID', exitStatus: 2 }),
    );
  });
});
