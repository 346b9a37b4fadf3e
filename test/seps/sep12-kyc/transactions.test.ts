import { describe, expect, it } from 'vitest';
import { type Principal, parseSubject } from '../../../src/kernel/principal.ts';
import { createTransaction } from '../../../src/transfers/index.ts';
import { ALICE, BOB, SHARED, useTestAnchor } from '../../support/anchor.ts';
import { kycOf, PERSON, settings } from './kyc.ts';

const anchor = useTestAnchor({
  integrations: {
    customers: {
      required: ({ type, transaction }) =>
        type === 'sep6' && transaction.kind === 'withdrawal' ? ['tax_id', 'occupation?'] : [],
    },
  },
  project: {
    seps: [1, 6, 10, 12, 24],
    customers: settings({ types: { sep6: ['first_name'] }, fields: { tax_id: {}, occupation: {} } }),
  },
});
const kyc = kycOf(anchor);

async function transaction(
  subject: string,
  kind: 'deposit' | 'withdrawal',
  customerId: string | null = null,
): Promise<string> {
  const { owner, account } = parseSubject(subject) as Principal;
  const row = await anchor.ctx.db.write((trx) =>
    createTransaction(anchor.ctx, trx, {
      sep: '6',
      kind,
      assetId: 'asset-SRT-',
      owner,
      subject,
      account,
      customerId,
    }),
  );
  return row.id;
}

describe('a transaction of the customer’s', () => {
  it('may need more than its type does (S12-21, S12-P06, S12-15)', async () => {
    await kyc.put(ALICE, { type: 'sep6', ...PERSON });
    const small = await transaction(ALICE, 'deposit');
    const large = await transaction(ALICE, 'withdrawal');
    const ask = async (transaction_id: string) =>
      (await kyc.get(ALICE, { transaction_id, type: 'sep6' })).body;
    expect(await ask(small)).toMatchObject({ status: 'ACCEPTED' });
    expect(await ask(large)).toMatchObject({
      status: 'NEEDS_INFO',
      fields: { tax_id: { type: 'string' }, occupation: { type: 'number', optional: true } },
    });
    expect((await kyc.put(ALICE, { transaction_id: large, type: 'sep6', tax_id: '7' })).status).toBe(202);
    expect(await ask(large)).toMatchObject({
      status: 'ACCEPTED',
      provided_fields: { tax_id: { status: 'ACCEPTED' } },
    });
  });

  it('is not there for others, as one that does not exist (S12-21, SC-21)', async () => {
    const id = await transaction(`${SHARED}:1`, 'withdrawal');
    for (const sub of [BOB, `${SHARED}:2`, SHARED]) {
      const foreign = await kyc.get(sub, { transaction_id: id, type: 'sep6' });
      const absent = await kyc.get(sub, {
        transaction_id: '00000000-0000-4000-8000-000000000000',
        type: 'sep6',
      });
      expect([foreign.status, foreign.text]).toEqual([404, absent.text]);
      const put = await kyc.put(sub, { transaction_id: id, type: 'sep6', ...PERSON });
      expect([put.status, put.text]).toEqual([404, absent.text]);
    }
  });

  it('moves on when its customer does, in the same database transaction (S12-43)', async () => {
    const { id } = (await kyc.put(BOB, { type: 'sep6', tax_id: '7' })).body as { id: string };
    const waiting = await transaction(BOB, 'deposit', id);
    await anchor.advance(waiting, 'pending_customer_info_update');
    await kyc.put(BOB, { type: 'sep6', first_name: 'Bob' });
    const history = await anchor.ctx.db.read
      .selectFrom('transaction_history')
      .selectAll()
      .where('transaction_id', '=', waiting)
      .orderBy('id')
      .execute();
    expect(history.map(({ to_status }) => to_status)).toEqual([
      'incomplete',
      'pending_customer_info_update',
      'pending_anchor',
      'pending_user_transfer_start',
    ]);
    expect((await anchor.row(waiting)).kyc_verified).toBe(1);
  });
});
