import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkRails, startTestAnchor, type TestAnchor } from 'create-anchor/testing';

// A whole anchor in this process: your integrations and forms, a database and a Stellar network of its own, and a wallet that goes
// through the real protocol. Nothing of the project's own data is touched.

let anchor: TestAnchor;
before(async () => {
  anchor = await startTestAnchor({ root: new URL('..', import.meta.url) });
});
after(() => anchor?.stop());

const transfer = (amount: string) => ({ asset: anchor.asset, amount, timeoutMs: 30_000 });

test('a deposit is paid out on Stellar', async () => {
  const deposit = await anchor.wallet.deposit(transfer('100'));
  assert.equal(deposit.status, 'completed');
  assert.equal(Number(deposit.amount_in) - Number(deposit.amount_fee), Number(deposit.amount_out));
  const balances = Object.entries(await anchor.wallet.balances());
  const held = balances.find(([asset]) => asset.split(':')[0] === anchor.asset);
  assert.equal(held?.[1], deposit.amount_out);
});

test('a withdrawal is paid out by the bank', async () => {
  const withdrawal = await anchor.wallet.withdraw(transfer('50'));
  assert.equal(withdrawal.status, 'completed');
  const statement = await anchor.context.project.integrations.testBank?.statement();
  const payout = statement?.find((line) => line.kind === 'payout');
  assert.equal(payout?.amount, withdrawal.amount_out);
});

// Repeated keys, lost answers, a cursor played again and the like: what your bank's code has to bear. It moves money at `bank`.
test('the rails keep the contract', async () => {
  const { rails, testBank } = anchor.context.project.integrations;
  const report = await checkRails(rails, { bank: testBank });
  assert.ok(report.ok, report.text);
});
