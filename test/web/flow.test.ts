import { describe, expect, it } from 'vitest';
import type { FormDefinition, Integrations } from '../../src/config/integrations.ts';
import { readFields } from '../../src/transfers/fields.ts';
import { ALICE, FORMS, useTestAnchor } from '../support/anchor.ts';
import { DATABASES } from '../support/databases.ts';
import { begin, enter, PERSON, visitorOf } from './browser.ts';

const BANK = {
  bank_account_number: 'DE02120300000000202051',
  bank_account_type: 'savings',
  owner: 'yes',
  note: '',
};
const GB = 'GB';

describe.for(DATABASES.filter(({ available }) => available))(
  'the interactive flow on $kind',
  ({ kind: database }) => {
    const anchor = useTestAnchor({ database, forms: FORMS });

    it('goes from amount through the forms to the payment instructions (S24-38, S24-39, S24-M03)', async () => {
      const { id, base, visitor, first } = await enter(anchor, 'deposit');
      expect(first.text).toContain('From 1 to 10000 SRT');
      const recount = await visitor.post(`${base}/amount`, { amount: '100', action: 'recalculate' });
      expect(recount.status).toBe(200);
      expect(recount.text).toContain('98.90 SRT');
      expect((await anchor.row(id)).amount_expected_units).toBeNull();
      expect((await visitor.post(`${base}/amount`, { amount: '100', action: 'continue' })).location).toBe(
        `${base}/form/person`,
      );
      const done = await visitor.post(`${base}/form/person`, PERSON);
      expect([done.status, done.location]).toEqual([303, `${base}/status`]);
      const row = await anchor.row(id);
      expect(row).toMatchObject({
        status: 'pending_user_transfer_start',
        amount_in_units: 1_000_000_000n,
        amount_out_units: 989_000_000n,
      });
      expect(readFields(anchor.ctx, row)).toEqual(PERSON);
      const status = await visitor.get(`${base}/status`);
      expect(status.text).toContain(row.reference);
      expect(status.text).toContain('http-equiv="refresh"');
      expect(status.text).not.toContain('<form');
    });

    it('gives a withdrawal account, memo and exact amount (S24-F29, S24-F30, S24-M14)', async () => {
      const { id, base, visitor } = await enter(anchor, 'withdraw');
      await visitor.post(`${base}/amount`, { amount: '50' });
      expect((await visitor.post(`${base}/form/person`, PERSON)).location).toBe(`${base}/form/bank`);
      expect((await visitor.post(`${base}/form/bank`, BANK)).location).toBe(`${base}/status`);
      const row = await anchor.row(id);
      const { text } = await visitor.get(`${base}/status`);
      for (const part of [row.memo, row.anchor_account, '50 SRT']) expect(text).toContain(part);
      expect(text).not.toContain(BANK.bank_account_number);
    });

    it('counts the fee for the script as for the form', async () => {
      const { base, visitor } = await enter(anchor, 'deposit');
      const ask = async (amount: string) =>
        JSON.parse((await visitor.get(`${base}/fee?amount=${encodeURIComponent(amount)}`)).text);
      expect(await ask('100')).toEqual({ send: '100 SRT', fee: '1.10 SRT', receive: '98.90 SRT' });
      expect(await ask('0.99')).toMatchObject({ receive: '–', error: 'The smallest amount is 1 SRT.' });
      expect(await ask('10001')).toMatchObject({ error: 'The largest amount is 10000 SRT.' });
      expect(await ask('1')).toMatchObject({ error: expect.stringContaining('fee') });
      expect(await ask('')).toHaveProperty('error');
    });

    it.each([
      '',
      '0',
      '-1',
      '+1',
      '1e2',
      'NaN',
      'Infinity',
      '0x10',
      '1,0',
      '１２',
      '1.',
      '.5',
      '1.234',
      '922337203685.4775808',
      '9'.repeat(10_000),
      '0.5',
      '10000.01',
      '<b>',
    ])('refuses the amount %j at its field and changes nothing', async (amount) => {
      const { id, base, visitor } = await enter(anchor);
      const answer = await visitor.post(`${base}/amount`, { amount });
      expect(answer.status).toBe(422);
      expect(answer.text).toMatch(/id="amount-error" role="alert">[^<]+</);
      expect(answer.text).not.toContain('<b>');
      expect(await anchor.row(id)).toMatchObject({ status: 'incomplete', amount_expected_units: null });
    });

    it.each([
      ['first_name', ''],
      ['first_name', 'x'.repeat(501)],
      ['first_name', 'a\u0000b'],
      ['first_name', 'a\u202eb'],
      ['email_address', 'nobody'],
      ['email_address', 'a@b'],
      ['email_address', '<x>@y.zz'],
    ])('refuses %s = %j beside its field, shows the rest as typed, keeps nothing', async (name, value) => {
      const { id, base, visitor } = await enter(anchor);
      await visitor.post(`${base}/amount`, { amount: '100' });
      const answer = await visitor.post(`${base}/form/person`, { ...PERSON, [name]: value });
      expect(answer.status).toBe(422);
      expect(answer.text).toContain(`id="f-${name}-error"`);
      expect(answer.text).toContain('value="Lovelace"');
      const row = await anchor.row(id);
      expect([row.status, readFields(anchor.ctx, row)]).toEqual(['incomplete', {}]);
    });

    it.each([
      ['bank_account_type', 'none of these'],
      ['bank_account_number', '123'],
      ['bank_account_number', 'x'.repeat(35)],
      ['owner', ''],
    ])('refuses %s = %j', async (name, value) => {
      const { id, base, visitor } = await enter(anchor, 'withdraw');
      await visitor.post(`${base}/amount`, { amount: '100' });
      await visitor.post(`${base}/form/person`, PERSON);
      const answer = await visitor.post(`${base}/form/bank`, { ...BANK, [name]: value });
      expect([answer.status, (await anchor.row(id)).status]).toEqual([422, 'incomplete']);
      expect(answer.text).toContain(`id="f-${name}-error"`);
    });

    it('cannot be cut short: every form is checked again at the end', async () => {
      const { id, base, visitor } = await enter(anchor, 'withdraw');
      await visitor.post(`${base}/amount`, { amount: '100' });
      const answer = await visitor.post(`${base}/form/bank`, BANK);
      expect(answer.status).toBe(422);
      expect(answer.text).toContain('id="f-first_name-error"');
      expect((await anchor.row(id)).status).toBe('incomplete');
      const other = await enter(anchor, 'withdraw');
      expect((await other.visitor.get(`${other.base}/form/bank`)).location).toBe(`${other.base}/amount`);
      expect((await other.visitor.post(`${other.base}/form/bank`, BANK)).status).toBe(303);
      expect((await anchor.row(other.id)).status).toBe('incomplete');
    });

    it('fills in what the wallet sent, and asks nevertheless (S24-14, S24-P13)', async () => {
      const { id, base, visitor } = await enter(anchor, 'deposit', {
        amount: '100',
        given_name: 'Grace',
        email_address: 'not one',
      });
      expect((await visitor.get(`${base}/amount`)).text).toContain('value="100"');
      await visitor.post(`${base}/amount`, { amount: '100' });
      const form = await visitor.get(`${base}/form/person`);
      expect(form.text).toContain('value="Grace"');
      expect((await visitor.post(`${base}/form/person`, PERSON)).status).toBe(303);
      expect(readFields(anchor.ctx, await anchor.row(id))['first_name']).toBe('Ada');
    });

    it('takes the same form once, however often it is sent', async () => {
      const { id, base, visitor } = await enter(anchor, 'withdraw');
      await visitor.post(`${base}/amount`, { amount: '100' });
      await visitor.post(`${base}/form/person`, PERSON);
      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => visitor.post(`${base}/form/bank`, BANK)));
      expect(answers.map((answer) => [answer.status, answer.location])).toEqual(
        answers.map(() => [303, `${base}/status`]),
      );
      const row = await anchor.row(id);
      const history = await anchor.ctx.db.read
        .selectFrom('transaction_history')
        .select('to_status')
        .where('transaction_id', '=', id)
        .execute();
      expect(history.map((item) => item.to_status)).toEqual(['incomplete', 'pending_user_transfer_start']);
      for (const page of ['amount', 'form/person', 'form/bank']) {
        expect((await visitor.get(`${base}/${page}`)).location).toBe(`${base}/status`);
        expect(
          (await visitor.post(`${base}/${page}`, { amount: '9', ...PERSON, ...BANK, first_name: 'Eve' }))
            .location,
        ).toBe(`${base}/status`);
      }
      expect(await anchor.row(id)).toEqual(row);
    });

    it('lets two tabs answer at the same time', async () => {
      const { id, base, visitor } = await enter(anchor);
      await visitor.post(`${base}/amount`, { amount: '100' });
      const answers = await Promise.all([
        visitor.post(`${base}/amount`, { amount: '200' }),
        visitor.post(`${base}/form/person`, PERSON),
        visitor.post(`${base}/amount`, { amount: '300' }),
      ]);
      for (const answer of answers) expect(answer.status).toBe(303);
      expect((await anchor.row(id)).status).toBe('pending_user_transfer_start');
    });

    it('has no page for forms of the other kind or of none', async () => {
      const { base, visitor } = await enter(anchor, 'deposit');
      for (const form of ['bank', 'nothing', '__proto__', '..%2f..', '%00']) {
        expect((await visitor.get(`${base}/form/${form}`)).status).toBe(404);
      }
    });

    it('tells the script how things stand, and nothing about others (S24-34)', async () => {
      const { id, base, visitor } = await enter(anchor);
      const state = JSON.parse((await visitor.get(`${base}/state`)).text);
      expect(state).toMatchObject({
        status: 'incomplete',
        submitted: false,
        terminal: false,
        transaction: { id, to: ALICE },
      });
      await anchor.submit(id, 1_000_000_000n);
      const after = JSON.parse((await visitor.get(`${base}/state`)).text);
      expect(after).toMatchObject({
        submitted: true,
        transaction: { status: 'pending_user_transfer_start' },
      });
      expect(after.version).toBeGreaterThan(state.version);
    });

    it('records URL callbacks for the outbox, and postMessage not (S24-33, S24-34, S24-37, SC-39)', async () => {
      const run = async (query: string) => {
        const { id, url, base } = await begin(anchor);
        const visitor = visitorOf(anchor);
        await visitor.get(`${url}&${query}`);
        await visitor.get(`${base}/amount`);
        await visitor.post(`${base}/amount`, { amount: '100' });
        await visitor.post(`${base}/form/person`, PERSON);
        return anchor.ctx.db.read
          .selectFrom('outbox')
          .select(['kind', 'status'])
          .where('transaction_id', '=', id)
          .execute();
      };
      const status = 'pending_user_transfer_start';
      expect(
        await run('callback=https://wallet.example/a&on_change_callback=https://wallet.example/b'),
      ).toEqual([
        { kind: 'on_change_callback', status },
        { kind: 'callback', status },
      ]);
      expect(await run('callback=postMessage')).toEqual([]);
    });
  },
);

describe('hooks of the flow', () => {
  let checked = false;
  const country: FormDefinition = {
    title: 'Where',
    fields: [
      {
        name: 'country',
        label: 'Country',
        validate: (value) => (value === GB ? undefined : 'Not from there.'),
      },
    ],
  };
  const integrations: Integrations = {
    deposit: {
      forms: ({ amountIn }) => (amountIn === null ? ['country'] : []),
      content: ({ step }) => ({ title: `Step ${step}`, guidance: ['<i>Read</i> this.'] }),
      instructions: ({ reference }) => [
        { label: 'IBAN', value: 'XX00 1234', copy: true },
        { label: 'Purpose', value: `Ref ${reference}` },
      ],
      afterForms: ({ fields }) =>
        fields['country'] === GB && fields['first_name'] === 'Eve'
          ? { errors: { country: 'Not you.' } }
          : undefined,
    },
    withdrawal: {
      forms: () => [],
      interactiveUrl: ({ token }) => (checked ? null : `https://own.example/start?back=${token}`),
    },
  };
  const anchor = useTestAnchor({ forms: { ...FORMS, country }, integrations });

  it('choose the forms, the words and the instructions, and may refuse', async () => {
    const { id, base, visitor, first } = await enter(anchor, 'deposit', { first_name: 'Eve' });
    expect(first.text).toContain('Step amount');
    expect(first.text).toContain('&lt;i&gt;Read&lt;/i&gt; this.');
    expect((await visitor.post(`${base}/amount`, { amount: '100' })).location).toBe(`${base}/form/country`);
    expect((await visitor.post(`${base}/form/country`, { country: 'FR' })).text).toContain('Not from there.');
    const refused = await visitor.post(`${base}/form/country`, { country: GB });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('Not you.');
    expect((await anchor.row(id)).status).toBe('incomplete');
    const good = await enter(anchor, 'deposit');
    await good.visitor.post(`${good.base}/amount`, { amount: '100' });
    expect((await good.visitor.post(`${good.base}/form/country`, { country: GB })).status).toBe(303);
    const page = await good.visitor.get(`${good.base}/status`);
    expect(page.text).toContain('XX00 1234');
    const { reference } = await anchor.row(good.id);
    expect(page.text.split(reference)).toHaveLength(2);
  });

  it('may send the user to pages of their own, and back', async () => {
    const { id, url, base } = await begin(anchor, 'withdraw');
    const visitor = visitorOf(anchor);
    const away = await visitor.get(url);
    expect([away.status, away.location?.split('?')[0]]).toEqual([302, 'https://own.example/start']);
    const back = new URL(away.location ?? '').searchParams.get('back');
    // None of our pages is a way around theirs.
    const first = await visitor.get(`${base}/amount`);
    expect([first.status, first.location]).toEqual([303, base]);
    expect((await visitor.get(base)).location).toContain('https://own.example/');
    expect((await visitor.get(url)).location).toContain('https://own.example/');
    checked = true;
    const other = visitorOf(anchor);
    expect((await other.get(`${base}?token=${back}`)).location).toBe(`${base}/amount`);
    expect((await other.get(`${base}/amount`)).status).toBe(200);
    checked = false;
    expect((await other.post(`${base}/amount`, { amount: '100' })).location).toBe(base);
    expect((await anchor.row(id)).status).toBe('incomplete');
  });
});

describe('without forms', () => {
  const anchor = useTestAnchor();

  it('the amount is all there is', async () => {
    const { base, visitor } = await enter(anchor);
    expect((await visitor.post(`${base}/amount`, { amount: '100' })).location).toBe(`${base}/status`);
  });
});
