import type { Keypair } from '@stellar/stellar-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Net, payment } from '../support.ts';

describe('paging', () => {
  const net = new Net();
  let alice: Keypair;
  let bob: Keypair;
  const tokens: string[] = [];
  beforeAll(async () => {
    alice = net.account();
    bob = net.account();
    for (let i = 1; i <= 7; i++) net.apply(alice, payment(bob, String(i)));
    const all = await net.get(`/accounts/${bob.publicKey()}/payments?limit=200`);
    for (const record of all.body._embedded.records) tokens.push(record.paging_token);
  });
  afterAll(() => net.sandbox.close());

  const page = async (query: string) => {
    const { status, body } = await net.get(`/accounts/${bob.publicKey()}/payments${query}`);
    expect(status).toBe(200);
    return body;
  };
  const tokensOf = (body: { _embedded: { records: { paging_token: string }[] } }) =>
    body._embedded.records.map((record) => record.paging_token);

  it('gives tokens that are total order ids', () => {
    expect(tokens).toHaveLength(8);
    const [first = ''] = tokens;
    expect(BigInt(first) >> 32n).toBe(3n);
    expect(BigInt(first) & 0xfffn).toBe(1n);
  });

  it('walks forward by next links to the end and stays there', async () => {
    let query = '?limit=3';
    const seen: string[] = [];
    for (let i = 0; i < 4; i++) {
      const body = await page(query);
      seen.push(...tokensOf(body));
      query = new URL(body._links.next.href).search;
    }
    expect(seen).toEqual(tokens);
    expect(tokensOf(await page(query))).toEqual([]);
    net.apply(alice, payment(bob, '9'));
    const [added = ''] = tokensOf(await page(query));
    tokens.push(added);
    expect(BigInt(added)).toBeGreaterThan(BigInt(tokens.at(-2) ?? 0));
  });

  it('walks backward, and prev turns around', async () => {
    const body = await page('?order=desc&limit=2');
    expect(tokensOf(body)).toEqual(tokens.slice(-2).reverse());
    const before = await page(new URL(body._links.prev.href).search);
    expect(tokensOf(before)).toEqual([]);
    const after = await page(new URL(body._links.next.href).search);
    expect(tokensOf(after)).toEqual(tokens.slice(-4, -2).reverse());
  });

  it('takes the default of 10 for an empty limit and allows 1 to 200', async () => {
    expect((await page('?limit='))._links.self.href).toContain('limit=10');
    expect(tokensOf(await page('?limit=1'))).toHaveLength(1);
    expect(tokensOf(await page('?limit=200'))).toEqual(tokens);
  });

  it('resolves cursor=now to the end of the last ledger', async () => {
    const body = await page('?cursor=now');
    expect(tokensOf(body)).toEqual([]);
    const cursor = new URL(body._links.self.href).searchParams.get('cursor');
    expect(cursor).toBe(((BigInt(net.sandbox.ledger.header.sequence + 1) << 32n) - 1n).toString());
  });

  it('lets Last-Event-ID win over the cursor', async () => {
    const path = `/accounts/${bob.publicKey()}/payments?cursor=0`;
    const { body } = await net.get(path, { 'last-event-id': tokens[4] ?? '' });
    expect(tokensOf(body)).toEqual(tokens.slice(5));
  });

  it('answers 410 for what came before all history, going down only', async () => {
    const down = await net.get(`/accounts/${bob.publicKey()}/payments?order=desc&cursor=5`);
    expect(down.status).toBe(410);
    expect(tokensOf(await page('?order=asc&cursor=5'))).toEqual(tokens);
  });

  it('pages effects by operation and order', async () => {
    const path = `/accounts/${bob.publicKey()}/effects`;
    const all = tokensOf((await net.get(`${path}?limit=200`)).body);
    expect(all[0]).toMatch(/^\d+-1$/);
    const rest = tokensOf((await net.get(`${path}?limit=200&cursor=${all[0]}`)).body);
    expect(rest).toEqual(all.slice(1));
    const past = tokensOf((await net.get(`${path}?limit=200&cursor=${all[0]?.split('-')[0]}`)).body);
    expect(past.every((token) => token.split('-')[0] !== all[0]?.split('-')[0])).toBe(true);
  });

  it('shows failed transactions only when asked', async () => {
    net.apply(bob, payment(alice, '999999'));
    const failed = (list: Awaited<ReturnType<typeof page>>) =>
      list._embedded.records.filter(
        (record: { transaction_successful: boolean }) => !record.transaction_successful,
      );
    expect(failed(await page('?order=desc'))).toHaveLength(0);
    expect(failed(await page('?order=desc&include_failed=true'))).toHaveLength(1);
  });

  it('joins transactions', async () => {
    const body = await page('?join=transactions&limit=1&order=desc');
    const [record] = body._embedded.records;
    expect(record.transaction.hash).toBe(record.transaction_hash);
    expect(record.transaction.envelope_xdr).toBeTypeOf('string');
  });

  it('pages accounts of an asset by account id', async () => {
    const { body } = await net.get(`/accounts?signer=${bob.publicKey()}`);
    expect(body._embedded.records.map((record: { id: string }) => record.id)).toEqual([bob.publicKey()]);
    expect((await net.get('/accounts')).status).toBe(400);
  });
});
