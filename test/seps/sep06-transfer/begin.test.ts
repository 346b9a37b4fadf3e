import { describe, expect, it } from 'vitest';
import { ALICE, DISTRIBUTION, useTestAnchor } from '../../support/anchor.ts';
import { walletOf } from './client.ts';

const SEPS = [1, 6, 10] as const;

describe('SEP-6 GET /deposit', () => {
  const anchor = useTestAnchor({ project: { seps: SEPS } });

  it('answers an id and how to pay, and the record waits for the money', async () => {
    const wallet = walletOf(anchor);
    const answer = await wallet.deposit({ amount: '100' });
    expect(answer.status).toBe(200);
    const found = await wallet.find(answer.body['id']);
    expect(found).toMatchObject({ kind: 'deposit', status: 'pending_user_transfer_start', to: ALICE });
    expect(answer.body).toMatchObject({ min_amount: 1, fee_fixed: 1 });
    console.log(answer.body, found);
  });
  it('withdraw', async () => {
    const wallet = walletOf(anchor);
    const answer = await wallet.withdraw({ amount: '100' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ account_id: DISTRIBUTION, memo_type: 'id' });
    console.log(answer.body, await wallet.find(answer.body['id']), (await wallet.get('info')).text);
  });
});
