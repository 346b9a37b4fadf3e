import {
  Account,
  Asset,
  Keypair,
  Operation,
  type Transaction,
  TransactionBuilder,
} from '@stellar/stellar-sdk';
import { describe, expect, it } from 'vitest';
import type { ApprovalAnswer, ApprovalRequest } from '../../src/config/optional-hooks.ts';
import { createApp } from '../../src/server/app.ts';
import { useTestAnchor } from '../support/anchor.ts';

const PASSPHRASE = 'Test Anchor Network ; 2026';
const issuer = Keypair.random();
const sender = Keypair.random();
const receiver = Keypair.random();
const REG = new Asset('REG', issuer.publicKey());

const authorize = (trustor: Keypair, authorized: boolean, asset = REG) =>
  Operation.setTrustLineFlags({
    source: issuer.publicKey(),
    trustor: trustor.publicKey(),
    asset,
    flags: { authorized },
  });
const payment = Operation.payment({ destination: receiver.publicKey(), asset: REG, amount: '12.5' });
const wrapped = [authorize(receiver, true), payment, authorize(receiver, false)];

function envelope(
  operations: Parameters<TransactionBuilder['addOperation']>[0][],
  source = sender,
): Transaction {
  const builder = new TransactionBuilder(new Account(source.publicKey(), '41'), {
    fee: '100',
    networkPassphrase: PASSPHRASE,
  });
  for (const operation of operations) builder.addOperation(operation);
  const made = builder.setTimeout(0).build();
  made.sign(source);
  return made;
}

describe('approval of regulated assets (SEP-8)', () => {
  const hook: { says: ApprovalAnswer; asked: ApprovalRequest[] } = {
    says: { status: 'rejected', error: 'no' },
    asked: [],
  };
  const anchor = useTestAnchor({
    assets: [{ code: 'REG', issuer: issuer.publicKey() }],
    project: { seps: [1], regulated: { assets: ['REG'] } },
    integrations: {
      approval: (request) => {
        hook.asked.push(request);
        return hook.says;
      },
    },
  });
  const faults: unknown[] = [];
  const appOf = (seed: string | undefined, more = {}) => {
    const { project } = anchor.ctx;
    const changed = { ...project, secrets: { ...project.secrets, issuerSeed: seed }, ...more };
    return createApp({ ...anchor.ctx, project: changed }, { onInvalidAnswer: (fault) => faults.push(fault) });
  };
  const post = async (tx: unknown, says: ApprovalAnswer, seed?: string, form = false) => {
    hook.says = says;
    hook.asked.length = 0;
    const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
    const body = form ? new URLSearchParams({ tx: String(tx) }).toString() : JSON.stringify({ tx });
    const init = { method: 'POST', headers: { 'content-type': type }, body };
    const answer = await appOf(seed).request('/sep8/approve/REG', init);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const signedBy = (key: Keypair, xdr: unknown) => {
    const read = TransactionBuilder.fromXDR(String(xdr), PASSPHRASE) as Transaction;
    return read.signatures.some((one) => key.verify(read.hash(), one.signature()));
  };

  it('has the hook decide about what the transaction does, from JSON and from a form (SO-05)', async () => {
    for (const form of [false, true]) {
      const tx = envelope(wrapped);
      const { status, body } = await post(tx.toXDR(), { status: 'success' }, issuer.secret(), form);
      expect([status, body['status']]).toEqual([200, 'success']);
      const [asked] = hook.asked;
      expect(asked).toMatchObject({
        assetCode: 'REG',
        source: sender.publicKey(),
        sequence: '42',
        memo: null,
      });
      expect(asked?.operations[1]).toMatchObject({
        type: 'payment',
        source: null,
        destination: receiver.publicKey(),
        amount: '12.5000000',
        asset: `REG:${issuer.publicKey()}`,
      });
      expect([signedBy(issuer, body['tx']), signedBy(sender, body['tx'])]).toEqual([true, true]);
      expect((TransactionBuilder.fromXDR(String(body['tx']), PASSPHRASE) as Transaction).hash()).toEqual(
        tx.hash(),
      );
    }
  });

  it('passes on every other answer with its status (SO-05)', async () => {
    const tx = envelope([payment]).toXDR();
    const better = envelope(wrapped).toXDR();
    const revised = await post(tx, { status: 'revised', tx: better, message: 'wrapped' }, issuer.secret());
    expect([revised.status, revised.body['message']]).toEqual([200, 'wrapped']);
    expect(signedBy(issuer, revised.body['tx'])).toBe(true);
    expect(await post(tx, { status: 'pending', timeout: 5000 })).toEqual({
      status: 200,
      body: { status: 'pending', timeout: 5000 },
    });
    const action = {
      message: 'Register',
      actionUrl: 'https://anchor.example/kyc',
      actionFields: ['email_address'],
    };
    expect(await post(tx, { status: 'action_required', actionMethod: 'POST', ...action })).toEqual({
      status: 200,
      body: {
        status: 'action_required',
        message: 'Register',
        action_url: 'https://anchor.example/kyc',
        action_method: 'POST',
        action_fields: ['email_address'],
      },
    });
    expect(await post(tx, { status: 'rejected', error: 'Too much.' })).toEqual({
      status: 400,
      body: { status: 'rejected', error: 'Too much.' },
    });
    expect(faults).toEqual([]);
  });

  it('passes on the envelope of the hook where the issuer key is not here, if it is signed and the same (SO-05)', async () => {
    const tx = envelope(wrapped);
    const signed = envelope(wrapped);
    signed.sign(issuer);
    expect(
      signedBy(issuer, (await post(tx.toXDR(), { status: 'success', tx: signed.toXDR() })).body['tx']),
    ).toBe(true);
    const other = envelope([payment]);
    other.sign(issuer);
    for (const says of [undefined, tx.toXDR(), other.toXDR(), 'AAAA']) {
      const answer = await post(
        tx.toXDR(),
        says === undefined ? { status: 'success' } : { status: 'success', tx: says },
      );
      expect([says, answer.status, answer.body['tx']]).toEqual([says, 500, undefined]);
    }
    const strange = envelope(wrapped, receiver).toXDR();
    expect((await post(tx.toXDR(), { status: 'revised', tx: strange, message: 'm' })).status).toBe(500);
  });

  it('signs for the issuer nothing but authorizations of that asset, whatever the hook says (SO-05, SV-17)', async () => {
    const from = { source: issuer.publicKey() };
    const mint = Operation.payment({
      ...from,
      destination: sender.publicKey(),
      asset: REG,
      amount: '1000000',
    });
    const evil = [
      envelope([mint]),
      envelope([...wrapped, Operation.setOptions({ ...from, masterWeight: 0 })]),
      envelope([authorize(receiver, true, new Asset('USD', issuer.publicKey())), payment]),
      envelope([
        Operation.setTrustLineFlags({
          ...from,
          trustor: sender.publicKey(),
          asset: REG,
          flags: { clawbackEnabled: false },
        }),
      ]),
      envelope([payment], issuer),
    ];
    for (const tx of evil) {
      const { status, body } = await post(tx.toXDR(), { status: 'success' }, issuer.secret());
      expect([status, body['status'], body['tx']]).toEqual([400, 'rejected', undefined]);
    }
  });

  it('rejects what is no transaction, without asking the hook (SO-05)', async () => {
    const inner = envelope([payment]);
    const bump = TransactionBuilder.buildFeeBumpTransaction(sender, '200', inner, PASSPHRASE).toXDR();
    for (const tx of [undefined, '', 'AAAA', 'not base64!', 7, { a: 1 }, bump, `${inner.toXDR()}AAAA`]) {
      const { status, body } = await post(tx, { status: 'success' }, issuer.secret());
      expect([tx, status, body['status'], typeof body['error']]).toEqual([tx, 400, 'rejected', 'string']);
      expect(hook.asked).toEqual([]);
    }
    expect((await post('A'.repeat(70_000), { status: 'success' })).status).toBe(413);
  });

  it('is there for the assets that are switched on only, and stellar.toml says so (SO-05)', async () => {
    const path = '/sep8/approve/SRT';
    expect((await appOf(undefined).request(path, { method: 'POST' })).status).toBe(404);
    expect((await appOf(undefined).request('/sep8/approve/REG')).status).toBe(405);
    expect((await appOf(undefined).request(path, { method: 'OPTIONS' })).status).toBe(204);
    const toml = async (more = {}) =>
      (await appOf(undefined, more).request('/.well-known/stellar.toml')).text();
    const text = await toml();
    expect(text.match(/regulated = true/g)).toHaveLength(1);
    expect(text).toContain('approval_server = "http://localhost:8000/sep8/approve/REG"');
    expect(await toml({ regulated: { assets: [] } })).not.toContain('approval_server');
  });
});
