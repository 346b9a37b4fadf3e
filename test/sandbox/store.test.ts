import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keypair, Operation } from '@stellar/stellar-sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SandboxOptions } from '../../src/sandbox/index.ts';
import { Net, payment } from './support.ts';

describe('the state file', () => {
  let folder: string;
  let state: string;
  const open: Net[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
    state = join(folder, 'data', 'sandbox.db');
  });
  afterEach(async () => {
    for (const net of open.splice(0)) await net.sandbox.close().catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (options: SandboxOptions = {}) => {
    const net = new Net({ state, ...options });
    open.push(net);
    return net;
  };

  /** As after kill -9: no snapshot is written, the lock stays with a process that is gone. */
  const crash = () => {
    open.splice(0);
    writeFileSync(`${state}-lock`, '999999999');
  };

  async function everything(net: Net): Promise<unknown> {
    const paths = ['/transactions', '/operations', '/effects', '/payments'];
    const pages: unknown[] = [];
    for (const path of paths) pages.push((await net.get(`${path}?limit=200&include_failed=true`)).body);
    const entries = [...net.sandbox.ledger.entries()];
    return { pages, entries };
  }

  async function fill(net: Net): Promise<{ alice: Keypair; bob: Keypair }> {
    const alice = net.account();
    const bob = net.account();
    net.apply(alice, payment(bob, '5'), Operation.manageData({ name: 'k', value: 'v' }));
    net.apply(alice, payment(bob, '999999'));
    return { alice, bob };
  }

  it('survives a clean restart whole', async () => {
    const first = start();
    await fill(first);
    const before = await everything(first);
    const { header } = first.sandbox.ledger;
    await first.sandbox.close();
    const second = start();
    expect(second.sandbox.ledger.header).toEqual(header);
    expect(await everything(second)).toEqual(before);
  });

  it('survives a crash whole, and goes on', async () => {
    const first = start();
    const { alice, bob } = await fill(first);
    const before = await everything(first);
    crash();
    const second = start();
    expect(await everything(second)).toEqual(before);
    second.apply(alice, payment(bob, '1'));
    crash();
    expect(start().sandbox.ledger.account(bob.publicKey())?.balance).toBe(10_060_000_000n);
  });

  it('never goes back in ledgers or time, though empty ledgers cost no growth', async () => {
    const first = start();
    await fill(first);
    const size = statSync(state).size;
    for (let i = 0; i < 500; i++) {
      first.clock.advance(1_000);
      first.sandbox.closeLedger();
    }
    expect(statSync(state).size).toBe(size);
    expect(statSync(`${state}-tip`).size).toBeLessThan(500);
    const { sequence, closeTime } = first.sandbox.ledger.header;
    crash();
    const { header } = start().sandbox.ledger;
    expect([header.sequence, header.closeTime]).toEqual([sequence, closeTime]);
  });

  it('drops a torn last record', async () => {
    const first = start();
    const { bob } = await fill(first);
    const size = statSync(state).size;
    first.apply(bob, Operation.manageData({ name: 'torn', value: 'x' }));
    crash();
    truncateSync(state, size + 100);
    rmSync(`${state}-tip`, { force: true });
    const second = start();
    expect(statSync(state).size).toBe(size);
    expect(second.sandbox.ledger.dataOf(bob.publicKey())).toEqual([]);
    second.apply(bob, Operation.manageData({ name: 'whole', value: 'x' }));
    crash();
    expect(start().sandbox.ledger.dataOf(bob.publicKey())).toHaveLength(1);
  });

  it('refuses a file that is damaged in the middle', async () => {
    const first = start();
    await fill(first);
    await first.sandbox.close();
    const bytes = readFileSync(state);
    bytes[Math.floor(bytes.length / 2)] = 0;
    writeFileSync(state, bytes);
    expect(() => start()).toThrow(expect.objectContaining({ code: 'SANDBOX_STATE_UNUSABLE' }));
    expect(existsSync(`${state}-lock`)).toBe(false);
    expect(start({ reset: true }).sandbox.ledger.header.sequence).toBe(1);
  });

  it('refuses what is no state file', () => {
    start().sandbox.close();
    open.splice(0);
    rmSync(folder, { recursive: true });
    start();
    crash();
    appendFileSync(state, 'garbage\ngarbage\n');
    expect(() => start()).toThrow(expect.objectContaining({ code: 'SANDBOX_STATE_UNUSABLE' }));
  });

  it('does without its snapshot, and ignores one of another network', async () => {
    const first = start();
    await fill(first);
    const before = await everything(first);
    await first.sandbox.close();
    rmSync(`${state}-snapshot`);
    const second = start();
    expect(await everything(second)).toEqual(before);
    await second.sandbox.close();
    const snapshot = readFileSync(`${state}-snapshot`);
    const third = start({ reset: true });
    await third.sandbox.close();
    writeFileSync(`${state}-snapshot`, snapshot);
    expect([...start().sandbox.ledger.entries()]).toHaveLength(1);
  });

  it('begins anew with reset, at start and at run time', async () => {
    const first = start();
    await fill(first);
    await first.sandbox.close();
    const second = start({ reset: true });
    expect((await second.get('/transactions')).body._embedded.records).toEqual([]);
    await fill(second);
    await second.post('/sandbox/reset', { ledger: { sequence: 50, close_time: 1795329933 } });
    crash();
    const third = start();
    expect(third.sandbox.ledger.header.sequence).toBe(50);
    expect((await third.get('/transactions')).body._embedded.records).toEqual([]);
  });

  it('belongs to one passphrase and one process at a time', async () => {
    const first = start();
    writeFileSync(`${state}-lock`, String(process.ppid));
    expect(() => start()).toThrow(expect.objectContaining({ code: 'SANDBOX_STATE_IN_USE' }));
    await first.sandbox.close();
    // A process id that was given to another process since.
    writeFileSync(`${state}-lock`, `${process.ppid} another-boot/1`);
    await start().sandbox.close();
    expect(() => start({ passphrase: 'Another' })).toThrow(
      expect.objectContaining({ code: 'SANDBOX_STATE_UNUSABLE' }),
    );
    expect(start().sandbox.ledger.header.sequence).toBe(1);
  });

  it('writes snapshots as it grows and stays right', async () => {
    const first = start();
    const alice = first.account('100000');
    const sinks = Array.from({ length: 50 }, () => Keypair.random());
    for (let round = 0; round < 12; round++) {
      const operations = sinks.map((sink) =>
        round === 0
          ? Operation.createAccount({ destination: sink.publicKey(), startingBalance: '10' })
          : payment(sink, '1'),
      );
      first.apply(alice, ...operations);
    }
    const entries = [...first.sandbox.ledger.entries()];
    expect(existsSync(`${state}-snapshot`)).toBe(true);
    crash();
    expect([...start().sandbox.ledger.entries()]).toEqual(entries);
  });

  it('keeps a memory network off the disk', async () => {
    const net = start({ state: 'memory' });
    await fill(net);
    await net.sandbox.close();
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });
});
