import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CustomerDecision } from '../../src/config/customer-hooks.ts';
import type { CustomersContext } from '../../src/customers/context.ts';
import {
  customerFields,
  customerFile,
  decideCustomer,
  declaredTypes,
  eraseById,
  findCustomer,
  listCustomers,
  putCustomer,
  reopenCustomer,
  reviewDue,
  showCustomer,
  statusOf,
} from '../../src/customers/index.ts';
import { isoTime } from '../../src/kernel/clock.ts';
import { type Principal, parseSubject } from '../../src/kernel/principal.ts';
import { PERSON, png, settings } from '../seps/sep12-kyc/kyc.ts';
import { ALICE, createTestAnchor, SHARED, type TestAnchor } from '../support/anchor.ts';
import { DATABASES } from '../support/databases.ts';

const who = (subject: string): Principal => parseSubject(subject) as Principal;
const alice = who(ALICE);
const HOW = { by: 'operator:grace', reason: 'checked' };

for (const { kind, available } of DATABASES) {
  describe.skipIf(!available)(`customers on ${kind}`, () => {
    let anchor: TestAnchor;
    let ctx: CustomersContext;
    const changes: string[] = [];
    let decide: (fields: Readonly<Record<string, string>>) => CustomerDecision | Promise<CustomerDecision>;

    beforeAll(async () => {
      anchor = await createTestAnchor({
        database: kind,
        integrations: { customers: { review: (customer) => decide(customer.fields) } },
        project: {
          customers: settings({
            types: { sep6: ['first_name', 'last_name', 'tax_id?'], 'sep31-sender': ['first_name'] },
            fields: { tax_id: {} },
          }),
        },
      });
      const { project, db, box, clock, ids, log } = anchor.ctx;
      ctx = {
        project,
        db,
        box,
        clock,
        ids,
        log,
        async changed(_trx, change) {
          changes.push(`${change.type} ${change.from} ${change.to} ${change.by}`);
        },
      };
    });
    afterAll(() => anchor.close());
    const due = () => reviewDue(ctx, { at: isoTime(ctx.clock.now()), limit: 10 });
    const news = () => changes.splice(0);

    it('are decided about by the integration, asked again while it does not know (S12-13, S12-43)', async () => {
      decide = () => ({ status: 'PROCESSING' });
      const id = await putCustomer(ctx, alice, { type: 'sep6', texts: PERSON });
      expect(await statusOf(ctx, alice, 'sep6')).toMatchObject({
        id,
        status: 'PROCESSING',
        message: expect.any(String),
      });
      expect(news()).toEqual(['sep6 null PROCESSING customer']);
      expect(await due()).toEqual({ processed: 0, waiting: 0 });
      anchor.clock.advance(31_000);
      decide = () => {
        throw new Error('the provider is down');
      };
      expect(await due()).toEqual({ processed: 0, waiting: 1 });
      expect((await statusOf(ctx, alice, 'sep6')).status).toBe('PROCESSING');
      anchor.clock.advance(3_600_000);
      decide = (fields) => ({ status: fields['first_name'] === 'Ada' ? 'ACCEPTED' : 'REJECTED' });
      expect(await due()).toEqual({ processed: 1, waiting: 0 });
      expect((await statusOf(ctx, alice, 'sep6')).status).toBe('ACCEPTED');
      expect(news()).toEqual(['sep6 PROCESSING ACCEPTED integration']);
      expect(await customerFields(ctx, id)).toEqual(PERSON);
      expect(declaredTypes(ctx.project)).toEqual(['sep6', 'sep31-sender', 'sep31-receiver']);
    });

    it('a field that was rejected is asked for anew, and more can be asked for (S12-18, S12-17, S12-F04)', async () => {
      decide = () => ({
        status: 'NEEDS_INFO',
        fields: { last_name: 'Not as in the passport.', tax_id: 'We need it.' },
      });
      const principal = who(`${SHARED}:1`);
      await putCustomer(ctx, principal, { type: 'sep6', texts: PERSON });
      expect(await statusOf(ctx, principal, 'sep6')).toMatchObject({
        status: 'NEEDS_INFO',
        fields: { last_name: { type: 'string' }, tax_id: { type: 'string' } },
        provided: { last_name: { status: 'REJECTED', error: 'Not as in the passport.' } },
      });
      expect((await statusOf(ctx, principal, 'sep6')).fields['tax_id']).not.toHaveProperty('optional');
      decide = () => ({ status: 'ACCEPTED' });
      await putCustomer(ctx, principal, { type: 'sep6', texts: { last_name: 'Byron' } });
      expect((await statusOf(ctx, principal, 'sep6')).status).toBe('NEEDS_INFO');
      await putCustomer(ctx, principal, { type: 'sep6', texts: { tax_id: '7' } });
      expect((await statusOf(ctx, principal, 'sep6')).status).toBe('ACCEPTED');
      news();
    });

    it('a rejection is for good and has words; nonsense decides nothing (S12-16, S12-18, S12-F05)', async () => {
      const principal = who(`${SHARED}:2`);
      decide = () => ({ status: 'YES' }) as never;
      await putCustomer(ctx, principal, { type: 'sep6', texts: PERSON });
      expect((await statusOf(ctx, principal, 'sep6')).status).toBe('PROCESSING');
      decide = () => ({ status: 'NEEDS_INFO' });
      anchor.clock.advance(3_600_000);
      await due();
      expect((await statusOf(ctx, principal, 'sep6')).status).toBe('PROCESSING');
      decide = () => ({ status: 'REJECTED', message: 'You are on a list.' });
      anchor.clock.advance(3_600_000);
      await due();
      expect(await statusOf(ctx, principal, 'sep6')).toMatchObject({
        status: 'REJECTED',
        message: 'You are on a list.',
      });
      decide = () => ({ status: 'ACCEPTED' });
      await putCustomer(ctx, principal, { type: 'sep6', texts: { first_name: 'Eve' } });
      expect((await statusOf(ctx, principal, 'sep6')).status).toBe('REJECTED');
      news();
    });

    it('a decision about what has changed meanwhile is not taken (S12-32)', async () => {
      const principal = who(`${SHARED}:3`);
      let seen = 0;
      decide = async (fields) => {
        seen += 1;
        if (fields['first_name'] === 'Ada') {
          await putCustomer(ctx, principal, { type: 'sep6', texts: { first_name: 'Mallory' } });
          return { status: 'ACCEPTED' };
        }
        return { status: 'REJECTED' };
      };
      await putCustomer(ctx, principal, { type: 'sep6', texts: PERSON });
      expect(seen).toBe(2);
      expect((await statusOf(ctx, principal, 'sep6')).status).toBe('REJECTED');
      news();
    });

    it('registering at the same time makes one customer (S12-25)', async () => {
      decide = () => ({ status: 'ACCEPTED' });
      const principal = who(`${SHARED}:4`);
      const ids = await Promise.all(
        Array.from({ length: 8 }, (_, at) =>
          putCustomer(ctx, principal, { type: 'sep6', texts: { ...PERSON, tax_id: `${at}` } }),
        ),
      );
      expect(new Set(ids).size).toBe(1);
      expect((await statusOf(ctx, principal, 'sep6')).status).toBe('ACCEPTED');
      news();
    });

    it('one who is complete is checked for another type when that is asked about (S12-13)', async () => {
      expect((await statusOf(ctx, alice, 'sep31-sender')).status).toBe('ACCEPTED');
      expect(news()).toEqual([
        'sep31-sender null PROCESSING customer',
        'sep31-sender PROCESSING ACCEPTED integration',
      ]);
    });

    it('the operator sees, accepts, rejects, asks, takes back and erases (S12-43)', async () => {
      const principal = who(`${SHARED}:5`);
      decide = () => ({ status: 'PROCESSING' });
      const id = await putCustomer(ctx, principal, { type: 'sep6', texts: { first_name: 'Ada' } });
      await expect(decideCustomer(ctx, id, undefined, { status: 'ACCEPTED' }, HOW)).rejects.toMatchObject({
        code: 'CUSTOMER_INCOMPLETE',
      });
      await putCustomer(ctx, principal, { texts: { last_name: 'Byron' } });
      const waiting = await listCustomers(ctx, { status: 'PROCESSING', limit: 10 });
      expect(waiting.map((one) => one.id)).toContain(id);
      await decideCustomer(ctx, id, 'sep6', { status: 'ACCEPTED' }, HOW);
      expect((await statusOf(ctx, principal, 'sep6')).status).toBe('ACCEPTED');
      await decideCustomer(
        ctx,
        id,
        undefined,
        { status: 'NEEDS_INFO', fields: { family_name: 'Spelled wrong.' } },
        HOW,
      );
      expect((await statusOf(ctx, principal, 'sep6')).fields).toHaveProperty('last_name');
      await expect(
        decideCustomer(ctx, id, undefined, { status: 'NEEDS_INFO', fields: { shoe_size: 'x' } }, HOW),
      ).rejects.toMatchObject({ code: 'CUSTOMER_FIELD_INVALID' });
      await putCustomer(ctx, principal, { texts: { last_name: 'Lovelace' } });
      await decideCustomer(ctx, id, undefined, { status: 'REJECTED', message: 'No.' }, HOW);
      await reopenCustomer(ctx, id, undefined, HOW);
      expect((await statusOf(ctx, principal, 'sep6')).status).toBe('PROCESSING');
      const record = await showCustomer(ctx, id);
      expect(record).toMatchObject({ account: SHARED, memo: '5', memo_type: 'id' });
      expect(record.fields.map(({ name, value }) => [name, value])).toEqual([
        ['first_name', 'Ada'],
        ['last_name', 'Lovelace'],
      ]);
      expect(record.history.filter(({ by }) => by === HOW.by).map(({ to, reason }) => [to, reason])).toEqual([
        ['ACCEPTED', 'checked'],
        ['NEEDS_INFO', 'checked: last_name'],
        ['REJECTED', 'checked'],
        ['PROCESSING', 'checked'],
      ]);
      await eraseById(ctx, id, HOW);
      await expect(showCustomer(ctx, id)).rejects.toMatchObject({ code: 'CUSTOMER_NOT_FOUND' });
      expect(await findCustomer(ctx.db.read, principal, { id })).toBeNull();
    });

    it('keep everything sealed in the database, each with a key of their own (S9-16)', async () => {
      decide = () => ({
        status: 'REJECTED',
        message: 'canary-message',
        fields: { first_name: 'canary-error' },
      });
      const principal = who(`${SHARED}:6`);
      const files = new Map([['photo_id_front', png()]]);
      const own: CustomersContext = {
        ...ctx,
        project: {
          ...ctx.project,
          customers: settings({ types: { sep6: ['first_name', 'photo_id_front'] } }),
        },
      };
      const id = await putCustomer(own, principal, {
        type: 'sep6',
        texts: { first_name: 'canary-name' },
        files,
      });
      expect((await customerFile(own, id, 'photo_id_front')).bytes).toEqual(png());
      const dump: string[] = [];
      for (const table of [
        'customers',
        'customer_fields',
        'customer_files',
        'customer_statuses',
        'customer_history',
      ] as const) {
        for (const row of await ctx.db.read.selectFrom(table).selectAll().execute()) {
          dump.push(
            ...Object.values(row).map((value) =>
              value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value),
            ),
          );
        }
      }
      expect(dump.join('\n')).not.toMatch(/canary|IHDR/);
      if (kind === 'sqlite')
        expect(readFileSync(join(ctx.project.root, 'data/anchor.db')).includes('canary')).toBe(false);
      const keys = await ctx.db.read.selectFrom('customers').select('data_key').execute();
      expect(new Set(keys.map(({ data_key }) => data_key)).size).toBe(keys.length);
    });

    it('leave nothing in the database file when they are erased (S12-35)', async () => {
      decide = () => ({ status: 'ACCEPTED' });
      const principal = who(`${SHARED}:8`);
      const id = await putCustomer(ctx, principal, { type: 'sep6', texts: PERSON });
      const sealed: string[] = [];
      for (const { data_key } of await ctx.db.read
        .selectFrom('customers')
        .select('data_key')
        .where('id', '=', id)
        .execute())
        sealed.push(data_key);
      for (const { value } of await ctx.db.read
        .selectFrom('customer_fields')
        .select('value')
        .where('customer_id', '=', id)
        .execute())
        sealed.push(value ?? '');
      expect(sealed.length).toBe(4);
      await eraseById(ctx, id, HOW);
      if (kind !== 'sqlite') return;
      await sql`pragma wal_checkpoint(truncate)`.execute(ctx.db.read);
      const file = readFileSync(join(ctx.project.root, 'data/anchor.db'));
      for (const text of sealed) expect(file.includes(text.slice(-40))).toBe(false);
    });

    it('without the integration nobody but the operator says yes, unless on the sandbox', async () => {
      const principal = who(`${SHARED}:7`);
      for (const [name, status] of [
        ['public', 'PROCESSING'],
        ['testnet', 'PROCESSING'],
        ['sandbox', 'ACCEPTED'],
      ] as const) {
        const own: CustomersContext = {
          ...ctx,
          project: { ...ctx.project, integrations: {}, network: { ...ctx.project.network, name } },
        };
        await putCustomer(own, principal, { type: 'sep6', texts: { ...PERSON, tax_id: name } });
        await reviewDue(own, { at: isoTime(ctx.clock.now()), limit: 10 });
        expect([name, (await statusOf(own, principal, 'sep6')).status]).toEqual([name, status]);
      }
    });
  });
}
