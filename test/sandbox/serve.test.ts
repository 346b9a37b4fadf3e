import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AccountRequiresMemoError,
  Asset,
  Horizon,
  Keypair,
  Operation,
  TransactionBuilder,
} from '@stellar/stellar-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedSandbox, serveSandbox } from '../../src/sandbox/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'sandbox-serve-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a served sandbox and the official SDK', () => {
  let served: ServedSandbox;
  let server: Horizon.Server;
  const alice = Keypair.random();
  const bob = Keypair.random();
  beforeAll(async () => {
    served = await serveSandbox({ port: 0, close: 0.05 });
    server = new Horizon.Server(served.url, { allowHttp: true });
    for (const keypair of [alice, bob]) await server.friendbot(keypair.publicKey()).call();
  });
  afterAll(() => served.close());

  async function send(source: Keypair, ...operations: ReturnType<typeof Operation.payment>[]) {
    const builder = new TransactionBuilder(await server.loadAccount(source.publicKey()), {
      fee: String(await server.fetchBaseFee()),
      networkPassphrase: served.sandbox.passphrase,
    });
    for (const operation of operations) builder.addOperation(operation);
    const transaction = builder.setTimeout(60).build();
    transaction.sign(source);
    return { transaction, answer: await server.submitTransaction(transaction) };
  }
  const pay = (to: Keypair, amount: string) =>
    Operation.payment({ destination: to.publicKey(), asset: Asset.native(), amount });

  it('loads accounts, submits, and finds what it submitted', async () => {
    const { answer } = await send(alice, pay(bob, '12.5'));
    expect(answer.successful).toBe(true);
    const found = await server.transactions().transaction(answer.hash).call();
    expect(found.ledger_attr).toBe(answer.ledger);
    const operations = await found.operations();
    expect(operations.records[0]?.type).toBe('payment');
    const page = await server.payments().forAccount(bob.publicKey()).order('desc').limit(1).call();
    expect(page.records[0]).toMatchObject({ type: 'payment', amount: '12.5000000' });
  });

  it('throws with result codes for what fails', async () => {
    const error = await send(alice, pay(bob, '99999999')).catch((thrown: unknown) => thrown);
    const { data } = (error as { response: { data: { extras: { result_codes: unknown } } } }).response;
    expect(data.extras.result_codes).toEqual({ transaction: 'tx_failed', operations: ['op_underfunded'] });
  });

  it('finds that an account wants a memo', async () => {
    await send(bob, Operation.manageData({ name: 'config.memo_required', value: '1' }));
    await expect(send(alice, pay(bob, '1'))).rejects.toBeInstanceOf(AccountRequiresMemoError);
    await send(bob, Operation.manageData({ name: 'config.memo_required', value: null }));
  });

  it('streams payments over the socket as they are made', async () => {
    let close = () => {};
    const seen = new Promise<string>((resolve, reject) => {
      close = server
        .payments()
        .forAccount(bob.publicKey())
        .cursor('now')
        .stream({
          onmessage: (record) => resolve((record as unknown as { amount: string }).amount),
          onerror: (event) => reject(event),
        });
    });
    // The stream takes `now` for its start: pay only once the server holds it.
    while (served.sandbox.openStreams === 0) await new Promise((go) => setImmediate(go));
    await send(alice, pay(bob, '7'));
    expect(await seen).toBe('7.0000000');
    close();
    while (served.sandbox.openStreams > 0) await new Promise((go) => setImmediate(go));
  });

  it('submits asynchronously', async () => {
    const account = await server.loadAccount(alice.publicKey());
    const transaction = new TransactionBuilder(account, {
      fee: '100',
      networkPassphrase: served.sandbox.passphrase,
    })
      .addOperation(pay(bob, '1'))
      .setTimeout(60)
      .build();
    transaction.sign(alice);
    const answer = await server.submitAsyncTransaction(transaction);
    expect(answer).toMatchObject({ tx_status: 'PENDING', hash: transaction.hash().toString('hex') });
  });

  it('reads fees, ledgers, assets and claimable balances', async () => {
    expect((await server.feeStats()).last_ledger_base_fee).toBe('100');
    expect((await server.ledgers().order('desc').limit(1).call()).records).toHaveLength(1);
    expect((await server.assets().call()).records).toEqual([]);
    expect((await server.claimableBalances().call()).records).toEqual([]);
    expect((await server.orderbook(Asset.native(), new Asset('A', bob.publicKey())).call()).asks).toEqual([]);
  });

  it('breaks connections that a fault breaks', async () => {
    const rules = [{ on: 'GET /fee_stats', times: 1, reset: true }];
    await fetch(`${served.url}/sandbox/faults`, { method: 'POST', body: JSON.stringify(rules) });
    await expect(fetch(`${served.url}/fee_stats`)).rejects.toThrow();
    expect((await fetch(`${served.url}/fee_stats`)).status).toBe(200);
  });

  it('answers nonsense on the wire with 400 and lives on', async () => {
    const socket = connect(served.port, '127.0.0.1');
    socket.write('NONSENSE\r\n\r\n');
    const text = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
    expect(text).toMatch(/^HTTP\/1\.1 400/);
    socket.destroy();
    expect((await fetch(`${served.url}/health`)).status).toBe(200);
  });
});

describe('starting and stopping', () => {
  it('writes the ready file when it answers and removes it at the end', async () => {
    const readyFile = join(folder, 'run', 'ready.json');
    const served = await serveSandbox({ port: 0, close: 'manual', readyFile });
    const ready = JSON.parse(readFileSync(readyFile, 'utf8'));
    expect(ready).toEqual({ url: served.url, port: served.port, pid: process.pid });
    expect((await fetch(ready.url)).status).toBe(200);
    await served.close();
    expect(existsSync(readyFile)).toBe(false);
  });

  it('says it when the port is taken, and leaves the state alone', async () => {
    const state = join(folder, 'taken.db');
    const served = await serveSandbox({ port: 0, close: 'manual' });
    await expect(serveSandbox({ port: served.port, state })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    expect(existsSync(state)).toBe(false);
    await served.close();
  });

  it('frees the port when the state cannot be used', async () => {
    const served = await serveSandbox({ port: 0, close: 'manual' });
    const { port } = served;
    await served.close();
    await expect(serveSandbox({ port, close: -1 })).rejects.toMatchObject({ code: 'SANDBOX_OPTION_INVALID' });
    const again = await serveSandbox({ port, close: 'manual' });
    expect(again.port).toBe(port);
    await again.close();
  });

  it('stops while streams and submissions are open', async () => {
    const served = await serveSandbox({ port: 0, close: 'manual', state: join(folder, 'stop.db') });
    const stream = await fetch(`${served.url}/ledgers?cursor=now`, {
      headers: { accept: 'text/event-stream' },
    });
    const friendbot = fetch(`${served.url}/friendbot?addr=${Keypair.random().publicKey()}`).catch(() => null);
    const text = stream.text();
    while (served.sandbox.ledger.pending().length === 0) await new Promise((go) => setImmediate(go));
    await served.close();
    await served.close();
    expect(await text).toContain('byebye');
    await friendbot;
    await expect(fetch(served.url)).rejects.toThrow();
  });
});
