import { describe, expect, it } from 'vitest';
import { putCustomer } from '../../src/customers/index.ts';
import { type Principal, parseSubject } from '../../src/kernel/principal.ts';
import { joinMuxed } from '../../src/kernel/strkey.ts';
import { customersOf } from '../../src/transfers/customers.ts';
import { createTransaction } from '../../src/transfers/index.ts';
import { kycOf, PERSON, png, settings } from '../seps/sep12-kyc/kyc.ts';
import { countTransactions } from '../seps/sep24/client.ts';
import { senderOf } from '../seps/sep31-payments/client.ts';
import { ALICE, BOB, CONTRACT, SHARED, useTestAnchor } from '../support/anchor.ts';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const OWNER = `${SHARED}:7`;
const STRANGERS = [ALICE, SHARED, `${SHARED}:8`, joinMuxed(SHARED, '8'), `${ALICE}:7`, CONTRACT];

describe('defects in SEP-12', () => {
  const anchor = useTestAnchor({
    project: {
      seps: [1, 6, 10, 12],
      customers: settings({
        types: {
          sep6: ['first_name', 'last_name', 'email_address', 'bank_account_number?', 'photo_id_front?'],
        },
      }),
    },
  });
  const kyc = kycOf(anchor);
  const made = async (subject = OWNER): Promise<string> =>
    (await kyc.put(subject, { ...PERSON, type: 'sep6', bank_account_number: 'OWN-1' })).body['id'] as string;
  const everything = async () => {
    const { read } = anchor.ctx.db;
    return JSON.stringify([
      await read.selectFrom('customers').selectAll().execute(),
      await read.selectFrom('customer_fields').selectAll().execute(),
      await read.selectFrom('customer_statuses').selectAll().execute(),
      await read.selectFrom('customer_files').selectAll().execute(),
    ]);
  };

  it('1179 SEP-12 IDOR: the data of another are not read by their id', async () => {
    const id = await made();
    for (const stranger of STRANGERS) {
      for (const more of [{}, { type: 'sep6' }] as Record<string, string>[]) {
        const foreign = await kyc.get(stranger, { id, ...more });
        const absent = await kyc.get(stranger, { id: NOBODY, ...more });
        expect([stranger, foreign.status, foreign.text]).toEqual([stranger, 404, absent.text]);
      }
    }
    expect((await kyc.get(OWNER, { id })).status).toBe(200);
  });

  it('1215 SEP-12 IDOR: the bank account of another is not overwritten by their id', async () => {
    const id = await made();
    const before = await everything();
    const bank = { bank_account_number: 'EVIL-1' };
    for (const stranger of STRANGERS) {
      const foreign = await kyc.put(stranger, { id, ...bank });
      expect([stranger, foreign.status]).toEqual([stranger, 404]);
      expect(foreign.text).toBe((await kyc.put(stranger, { id: NOBODY, ...bank })).text);
      const form = new FormData();
      form.set('id', id);
      form.set('bank_account_number', 'EVIL-1');
      form.set('photo_id_front', new File([png() as Uint8Array<ArrayBuffer>], 'x'));
      expect((await kyc.send('PUT', '', { sub: stranger, body: form })).status).toBe(404);
      expect((await kyc.put(stranger, { id, url: 'https://evil.example/' }, '/callback')).status).toBe(404);
    }
    expect(await everything()).toBe(before);
    expect((await kyc.put(OWNER, { id, bank_account_number: 'OWN-2' })).status).toBe(202);
    expect(await everything()).not.toBe(before);
  });

  it('1237 SEP-12 IDOR: a login with a memo is that user, whatever account and memo it names', async () => {
    const id = await made();
    const before = await everything();
    for (const named of [
      { memo: '7', memo_type: 'id' },
      { account: SHARED, memo: '7', memo_type: 'id' },
      { account: joinMuxed(SHARED, '7') },
      { account: SHARED, memo: '7', memo_type: 'text' },
    ] as Record<string, string>[]) {
      for (const stranger of [`${SHARED}:8`, joinMuxed(SHARED, '8'), ALICE, CONTRACT]) {
        const found = await kyc.get(stranger, { type: 'sep6', ...named });
        expect([stranger, found.body['id'] === id, found.text.includes(id)]).toEqual([
          stranger,
          false,
          false,
        ]);
        const byId = await kyc.get(stranger, { id, ...named });
        expect([stranger, byId.status >= 400 && byId.status < 500]).toEqual([stranger, true]);
        const put = await kyc.put(stranger, { ...named, id, first_name: 'Mallory' });
        expect([stranger, put.status >= 400 && put.status < 500]).toEqual([stranger, true]);
        for (const account of [SHARED, joinMuxed(SHARED, '7')]) {
          const { memo, memo_type } = named;
          const erased = await kyc.erase(stranger, account, { memo, memo_type });
          expect([stranger, erased.status >= 400 && erased.status < 500]).toEqual([stranger, true]);
        }
      }
    }
    expect(await everything()).toBe(before);
  });

  it('1281 SEP-12 IDOR: nor is a customer reached through a transaction or a file of theirs', async () => {
    const id = await made();
    const { owner, account } = parseSubject(OWNER) as Principal;
    const { id: transaction_id } = await anchor.ctx.db.write((trx) =>
      createTransaction(anchor.ctx, trx, {
        sep: '6',
        kind: 'deposit',
        assetId: 'asset-SRT-',
        owner,
        subject: OWNER,
        account,
        customerId: id,
      }),
    );
    const file = (await kyc.upload(OWNER, png())).body['file_id'] as string;
    expect(typeof file).toBe('string');
    expect((await kyc.get(OWNER, { transaction_id, type: 'sep6' })).body['id']).toBe(id);
    for (const stranger of STRANGERS) {
      for (const query of [{ transaction_id }, { transaction_id, type: 'sep6' }] as Record<
        string,
        string
      >[]) {
        const absent = await kyc.get(stranger, { ...query, transaction_id: NOBODY });
        const foreign = await kyc.get(stranger, query);
        expect([stranger, foreign.status, foreign.text]).toEqual([stranger, absent.status, absent.text]);
        expect(foreign.status).toBeGreaterThanOrEqual(400);
      }
      const put = await kyc.put(stranger, { transaction_id, type: 'sep6', bank_account_number: 'EVIL-1' });
      expect([stranger, put.status >= 400 && put.status < 500]).toEqual([stranger, true]);
      const files = await kyc.send('GET', `/files?file_id=${file}`, { sub: stranger });
      expect(files.text).not.toContain(file);
      const attach = (photo_id_front_file_id: string) =>
        kyc.put(stranger, { ...PERSON, type: 'sep6', photo_id_front_file_id });
      const [attached, absent] = [await attach(file), await attach(`file_${NOBODY}`)];
      expect([stranger, attached.status, attached.text]).toEqual([stranger, 400, absent.text]);
    }
    expect((await kyc.get(OWNER, { id })).status).toBe(200);
  });
});

describe('defects in the customers of SEP-31', () => {
  const anchor = useTestAnchor({
    assets: [{ code: 'USDC', sep31_enabled: 1 }],
    project: { seps: [1, 10, 12, 31] },
  });

  it('1295 SEP-31 customer_info_needed: who is not named, or lacks something, is asked for by type, and nothing is begun', async () => {
    const register = async (type: string, memo: string, texts: Record<string, string>) => {
      const memoOf = { memo: { type: 'id' as const, value: memo } };
      const who = parseSubject(BOB) as Principal;
      const found = (await putCustomer(customersOf(anchor.ctx), who, { ...memoOf, type, texts })) as unknown;
      return typeof found === 'string' ? found : (found as { id: string }).id;
    };
    const ada = { first_name: 'Ada', last_name: 'Lovelace' };
    const sender_id = await register('sep31-sender', '1', ada);
    const lacking = await register('sep31-receiver', '2', ada);
    const receiver_id = await register('sep31-receiver', '3', { ...ada, bank_account_number: 'B-1' });
    const good = { amount: 100, asset_code: 'USDC', funding_method: 'SEPA' };
    for (const [ids, type] of [
      [{}, 'sep31-sender'],
      [{ receiver_id }, 'sep31-sender'],
      [{ sender_id }, 'sep31-receiver'],
      [{ sender_id, receiver_id: lacking }, 'sep31-receiver'],
    ] as const) {
      const answer = await senderOf(anchor, BOB).post({ ...good, ...ids });
      expect([answer.status, answer.body]).toEqual([400, { error: 'customer_info_needed', type }]);
    }
    expect(await countTransactions(anchor)).toBe(0);
    expect((await senderOf(anchor, BOB).post({ ...good, sender_id, receiver_id })).status).toBe(201);
  });
});
