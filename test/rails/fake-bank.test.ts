import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fakeBank } from '../../src/rails/fake-bank/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'fake-bank-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the fake bank', () => {
  it('hands out each credit once per cursor, in order', async () => {
    const bank = fakeBank(join(folder, 'a', 'bank.jsonl'));
    expect(await bank.creditsSince(null)).toEqual({ credits: [], cursor: null });
    const first = await bank.pay({ amount: '100', reference: 'R1' });
    const page = await bank.creditsSince(null);
    expect(page.credits).toMatchObject([{ id: first, amount: '100', reference: 'R1' }]);
    const second = await bank.pay({ amount: '5.50', reference: 'R2' });
    const next = await bank.creditsSince(page.cursor);
    expect(next.credits.map((credit) => credit.id)).toEqual([second]);
    expect((await bank.creditsSince(next.cursor)).credits).toEqual([]);
  });

  it('pays one key once, also when two processes append it', async () => {
    const file = join(folder, 'b.jsonl');
    const [one, two] = [fakeBank(file), fakeBank(file)];
    const paid = await one.send({ key: 'k', amount: '10', to: 'DE1' });
    expect(await two.send({ key: 'k', amount: '99', to: 'DE2' })).toEqual(paid);
    appendFileSync(
      file,
      `${JSON.stringify({ kind: 'payout', id: 'P-x', key: 'k', at: '', amount: '10', reference: '', counterparty: '' })}\n`,
    );
    appendFileSync(file, '{"kind":"payout","id":"torn');
    expect((await one.statement()).filter((line) => line.kind === 'payout')).toHaveLength(1);
    expect(await two.find('k')).toEqual(paid);
    expect(await two.find('other')).toBeNull();
  });

  it.each(['0', '-1', '1.001', 'x', ''])('refuses the amount %j and books nothing', async (amount) => {
    const bank = fakeBank(join(folder, 'c.jsonl'));
    await expect(bank.pay({ amount, reference: 'R' })).rejects.toMatchObject({ httpStatus: 400 });
    expect(await bank.statement()).toEqual([]);
  });
});
