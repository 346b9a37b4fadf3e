import type { Keypair } from '@stellar/stellar-sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnchorError } from '../../src/kernel/errors.ts';
import { Net, payment, settle } from './support.ts';

describe('faults', () => {
  let net: Net;
  let alice: Keypair;
  let bob: Keypair;
  beforeEach(() => {
    net = new Net();
    alice = net.account();
    bob = net.account();
  });
  afterEach(() => net.sandbox.close());

  const set = async (...rules: unknown[]) =>
    expect((await net.post('/sandbox/faults', rules)).status).toBe(200);
  const payments = () => `/accounts/${bob.publicKey()}/payments`;

  it('answers what the rule says, as often as it says, and then as usual', async () => {
    const respond = { status: 503, headers: { 'retry-after': '2' }, body: { title: 'no' } };
    await set({ on: 'GET /accounts/*', times: 2, respond });
    for (let i = 0; i < 2; i++) {
      const answer = await net.get(payments());
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('2');
      expect(answer.body).toEqual({ title: 'no' });
    }
    expect((await net.get(payments())).status).toBe(200);
    expect((await net.get('/sandbox/faults')).body.rules[0].struck).toBe(2);
  });

  it('lets as many pass first as skip says', async () => {
    await set({ on: '* *', skip: 1, times: 1, respond: { status: 500 } });
    expect((await net.get('/')).status).toBe(200);
    expect((await net.get('/')).status).toBe(500);
  });

  it('leaves other methods and paths alone', async () => {
    await set({ on: 'POST /transactions', respond: { status: 500 } });
    expect((await net.get('/transactions')).status).toBe(200);
    expect((await net.submit('AAAA', '/transactions_async')).status).toBe(400);
    expect((await net.submit('AAAA')).status).toBe(500);
  });

  it('applies the transaction and loses the answer', async () => {
    await set({ on: 'POST /transactions', after: true, times: 1, respond: { status: 504, body: 'lost' } });
    const transaction = net.build(alice, [payment(bob, '5')]);
    const answer = net.sandbox.fetch('http://localhost/transactions', {
      method: 'POST',
      body: new URLSearchParams({ tx: transaction.toXDR() }),
    });
    await settle();
    net.sandbox.closeLedger();
    expect((await answer).status).toBe(504);
    expect((await net.submit(transaction.toXDR())).status).toBe(200);
  });

  it('does not apply what is answered instead', async () => {
    await set({ on: 'POST /transactions', times: 1, respond: { status: 504 } });
    await net.submit(net.build(alice, [payment(bob, '5')]).toXDR());
    expect(net.sandbox.ledger.pending()).toEqual([]);
  });

  it('breaks the connection', async () => {
    await set({ on: 'GET /fee_stats', reset: true });
    const error = await net.get('/fee_stats').catch((thrown: unknown) => thrown);
    expect(AnchorError.is(error) && error.code).toBe('SANDBOX_CONNECTION_BROKEN');
  });

  it('hangs until the client leaves', async () => {
    await set({ on: 'GET /fee_stats', hang: true });
    const leave = new AbortController();
    let answered = false;
    const answer = net.sandbox
      .fetch(new Request('http://localhost/fee_stats', { signal: leave.signal }))
      .catch(() => null)
      .finally(() => {
        answered = true;
      });
    await settle();
    expect(answered).toBe(false);
    leave.abort();
    await answer;
  });

  it('delays by the clock', async () => {
    await set({ on: 'GET /fee_stats', delayMs: 5_000 });
    const answer = net.get('/fee_stats');
    await settle();
    net.clock.advance(5_000);
    expect((await answer).status).toBe(200);
  });

  it('strikes the same requests for the same seed, others for another', async () => {
    const run = async (seed: string) => {
      const rules = [{ on: 'GET /fee_stats', probability: 0.5, respond: { status: 500 } }];
      await net.post('/sandbox/faults', { rules, seed });
      const statuses: number[] = [];
      for (let i = 0; i < 40; i++) statuses.push((await net.get('/fee_stats')).status);
      return statuses.join();
    };
    const one = await run('one');
    expect(await run('one')).toBe(one);
    expect(await run('two')).not.toBe(one);
    expect(one).toContain('500');
    expect(one).toContain('200');
  });

  it('never strikes controls and health', async () => {
    await set({ on: '* *', respond: { status: 500 } });
    expect((await net.get('/health')).status).toBe(200);
    await set();
    expect((await net.get('/')).status).toBe(200);
  });

  it.each([
    [{}],
    ['x'],
    [[{ on: 'transactions' }]],
    [[{ on: 'POST /transactions', probability: 2 }]],
    [[{ on: 'POST /transactions', times: -1 }]],
    [[{ on: 'POST /transactions', respond: {} }]],
    [[{ on: 'POST /transactions', respond: { status: 99 } }]],
    [[{ on: 'POST /transactions', hang: 'yes' }]],
    [[{ on: 'POST /transactions', nope: 1 }]],
    [[null]],
    [{ rules: [], other: 1 }],
  ])('refuses the rules %j and keeps the old ones', async (rules) => {
    await set({ on: 'GET /fee_stats', respond: { status: 500 } });
    const { status, body } = await net.post('/sandbox/faults', rules);
    expect(status).toBe(400);
    expect(body.error.code).toMatch(/^SANDBOX_/);
    expect((await net.get('/fee_stats')).status).toBe(500);
  });
});
