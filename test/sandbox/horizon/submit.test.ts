import { Account, Keypair, Operation, type Transaction, TransactionBuilder } from '@stellar/stellar-sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Net, payment, settle } from '../support.ts';

describe('submitting', () => {
  let net: Net;
  let alice: Keypair;
  let bob: Keypair;
  beforeEach(() => {
    net = new Net();
    alice = net.account();
    bob = net.account();
  });
  afterEach(() => net.sandbox.close());

  const hashOf = (transaction: Transaction) => transaction.hash().toString('hex');
  const sequenceOf = (keypair: Keypair) => net.sandbox.ledger.account(keypair.publicKey())?.sequence;

  it('answers with the transaction once its ledger closed', async () => {
    const transaction = net.build(alice, [payment(bob, '5')]);
    const answer = net.submit(transaction.toXDR());
    await settle();
    expect(net.sandbox.ledger.pending()).toEqual([hashOf(transaction)]);
    const closed = net.sandbox.closeLedger();
    const { status, body } = await answer;
    expect(status).toBe(200);
    expect(body).toMatchObject({
      hash: hashOf(transaction),
      successful: true,
      ledger: closed.header.sequence,
    });
    expect((await net.get(`/transactions/${body.hash}`)).body).toEqual(body);
  });

  it('answers an applied but failed one with 400, codes, envelope and result', async () => {
    const transaction = net.build(alice, [payment(bob, '5'), payment(bob, '999999')]);
    const answer = net.submit(transaction.toXDR());
    await settle();
    net.sandbox.closeLedger();
    const { status, body } = await answer;
    expect(status).toBe(400);
    expect(body.type).toMatch(/transaction_failed$/);
    expect(body.extras.envelope_xdr).toBe(transaction.toXDR());
    expect(body.extras.result_codes).toEqual({
      transaction: 'tx_failed',
      operations: ['op_success', 'op_underfunded'],
    });
    expect(body.extras.result_xdr).toBeTypeOf('string');
    expect((await net.get(`/transactions/${hashOf(transaction)}`)).body.successful).toBe(false);
  });

  it('answers a resubmitted envelope with the recorded result, good or bad', async () => {
    const good = net.build(alice, [payment(bob, '5')]);
    net.sandbox.closeLedger({ transactions: [good.toXDR()] });
    expect((await net.submit(good.toXDR())).status).toBe(200);
    const bad = net.build(alice, [payment(bob, '999999')]);
    net.sandbox.closeLedger({ transactions: [bad.toXDR()] });
    expect((await net.submit(bad.toXDR())).body.extras.result_codes.operations).toEqual(['op_underfunded']);
    expect(net.sandbox.ledger.pending()).toEqual([]);
  });

  it('refuses at the door at once and changes nothing', async () => {
    const transaction = net.build(alice, [payment(bob, '5')]);
    transaction.signatures.length = 0;
    const before = sequenceOf(alice);
    const { status, body } = await net.submit(transaction.toXDR());
    expect(status).toBe(400);
    expect(body.extras.result_codes).toEqual({ transaction: 'tx_bad_auth' });
    net.sandbox.closeLedger();
    expect(sequenceOf(alice)).toBe(before);
  });

  it('answers 504 with hash and envelope when no ledger comes; the transaction still applies', async () => {
    const transaction = net.build(alice, [payment(bob, '5')]);
    const answer = net.submit(transaction.toXDR());
    await settle();
    net.clock.advance(30_000);
    const { status, body } = await answer;
    expect(status).toBe(504);
    expect(body.extras).toEqual({ hash: hashOf(transaction), envelope_xdr: transaction.toXDR() });
    net.sandbox.closeLedger();
    expect((await net.submit(transaction.toXDR())).status).toBe(200);
  });

  it('leaves nothing behind when the client goes away', async () => {
    const leave = new AbortController();
    const transaction = net.build(alice, [payment(bob, '5')]);
    const request = new Request('http://localhost/transactions', {
      method: 'POST',
      body: new URLSearchParams({ tx: transaction.toXDR() }),
      signal: leave.signal,
    });
    const answer = net.sandbox.fetch(request);
    await settle();
    leave.abort();
    expect((await answer).status).toBe(504);
    expect(net.clock.asleep).toBe(0);
  });

  it('ends all waiting when the sandbox closes', async () => {
    const pending = net.submit(net.build(alice, [payment(bob, '5')]).toXDR());
    const held = net.submit(net.build(bob, [payment(alice, '5')], 3).toXDR());
    await settle();
    await net.sandbox.close();
    expect((await pending).status).toBe(504);
    expect((await held).status).toBe(504);
    expect(net.clock.asleep).toBe(0);
  });

  it('lets several wait for the same envelope', async () => {
    const transaction = net.build(alice, [payment(bob, '5')]);
    const answers = [net.submit(transaction.toXDR()), net.submit(transaction.toXDR())];
    await settle();
    net.sandbox.closeLedger();
    for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
    expect(sequenceOf(alice)).toBe(BigInt(transaction.sequence));
  });

  describe('sequence numbers', () => {
    it('holds a gap back for ten seconds, then answers tx_bad_seq of its own making', async () => {
      const answer = net.submit(net.build(alice, [payment(bob, '1')], 3).toXDR());
      await settle();
      expect(net.sandbox.ledger.pending()).toEqual([]);
      net.clock.advance(10_000);
      const { status, body } = await answer;
      expect(status).toBe(400);
      expect(body.extras.result_codes).toEqual({ transaction: 'tx_bad_seq' });
      expect(body.extras.result_xdr).toBe('AAAAAAAAAAD////7AAAAAA==');
    });

    it('lets a held one go when the gap fills', async () => {
      const second = net.submit(net.build(alice, [payment(bob, '2')], 1).toXDR());
      await settle();
      const first = net.submit(net.build(alice, [payment(bob, '1')]).toXDR());
      await settle();
      for (let ledger = 0; ledger < 3; ledger++) {
        net.sandbox.closeLedger();
        await settle();
      }
      expect((await first).status).toBe(200);
      expect((await second).status).toBe(200);
    });

    it('refuses a used number at once', async () => {
      const used = net.build(alice, [payment(bob, '1')]);
      net.apply(alice, payment(bob, '2'));
      const { body } = await net.submit(used.toXDR());
      expect(body.extras.result_codes).toEqual({ transaction: 'tx_bad_seq' });
    });

    it('tells an account that does not exist', async () => {
      const ghost = Keypair.random();
      const transaction = new TransactionBuilder(new Account(ghost.publicKey(), '1'), {
        fee: '100',
        networkPassphrase: net.sandbox.passphrase,
      })
        .addOperation(payment(bob, '1'))
        .setTimeout(0)
        .build();
      transaction.sign(ghost);
      const { status, body } = await net.submit(transaction.toXDR());
      expect(status).toBe(400);
      expect(body.extras.result_codes).toEqual({ transaction: 'tx_no_source_account' });
    });

    it('answers one that another overtook as soon as it became impossible', async () => {
      const first = net.submit(net.build(alice, [payment(bob, '1')]).toXDR());
      await settle();
      const second = net.submit(net.build(alice, [payment(bob, '2')]).toXDR());
      await settle();
      net.sandbox.closeLedger();
      expect((await first).status).toBe(200);
      expect((await second).body.extras.result_codes).toEqual({ transaction: 'tx_bad_seq' });
    });
  });

  it('shows a fee bump under both hashes', async () => {
    const inner = net.build(alice, [payment(bob, '1')]);
    const bump = TransactionBuilder.buildFeeBumpTransaction(bob, '200', inner, net.sandbox.passphrase);
    bump.sign(bob);
    const answer = net.submit(bump.toXDR());
    await settle();
    net.sandbox.closeLedger();
    const outer = (await answer).body;
    expect(outer.hash).toBe(bump.hash().toString('hex'));
    expect(outer).toMatchObject({
      fee_account: bob.publicKey(),
      fee_bump_transaction: { hash: outer.hash },
      inner_transaction: { hash: hashOf(inner), max_fee: '100' },
    });
    const byInner = (await net.get(`/transactions/${hashOf(inner)}`)).body;
    expect(byInner.hash).toBe(hashOf(inner));
    expect(byInner.signatures).toEqual(outer.inner_transaction.signatures);
    expect((await net.submit(inner.toXDR())).status).toBe(200);
  });

  describe('asynchronously', () => {
    const send = (transaction: Transaction) => net.submit(transaction.toXDR(), '/transactions_async');

    it('answers PENDING, then DUPLICATE, and TRY_AGAIN_LATER for a second of the same source', async () => {
      const transaction = net.build(alice, [payment(bob, '1')]);
      const first = await send(transaction);
      expect(first.status).toBe(201);
      expect(first.body).toEqual({ tx_status: 'PENDING', hash: hashOf(transaction) });
      const again = await send(transaction);
      expect(again.status).toBe(409);
      expect(again.body.tx_status).toBe('DUPLICATE');
      const other = await send(net.build(alice, [payment(bob, '2')], 1));
      expect(other.status).toBe(503);
      expect(other.body.tx_status).toBe('TRY_AGAIN_LATER');
    });

    it('answers ERROR with the result', async () => {
      const { status, body } = await send(net.build(alice, [payment(bob, '1')], 5));
      expect(status).toBe(400);
      expect(body.tx_status).toBe('ERROR');
      expect(body.errorResultXdr).toBe('AAAAAAAAAGT////7AAAAAA==');
      expect(body.error_result_xdr).toBe(body.errorResultXdr);
    });
  });

  it('shows what operations did as effects', async () => {
    const hash = net.apply(alice, Operation.manageData({ name: 'k', value: 'v' }), payment(bob, '3'));
    const { body } = await net.get(`/transactions/${hash}/effects`);
    const types = body._embedded.records.map((record: { type: string }) => record.type);
    expect(types).toEqual(['data_created', 'account_credited', 'account_debited']);
  });
});
