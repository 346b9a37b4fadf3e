import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../src/kernel/principal.ts';
import { parseSubject } from '../../src/kernel/principal.ts';
import {
  type FirmRequest,
  findQuote,
  firmQuote,
  type QuoteRow,
  usableQuote,
} from '../../src/quotes/index.ts';
import { createTransaction, quotedExchange } from '../../src/transfers/index.ts';
import { BRL, integrations, QUOTES, SRT } from '../seps/sep38/client.ts';
import { ALICE, asset, BOB, createTestAnchor, MUXED, SHARED, type TestAnchor } from '../support/anchor.ts';
import { DATABASES } from '../support/databases.ts';

const principal = (subject: string): Principal => {
  const found = parseSubject(subject);
  if (found === null) throw new Error('not a subject');
  return found;
};
const [alice, alice1, alice2, bob] = [ALICE, `${ALICE}:1`, `${ALICE}:2`, BOB].map(principal) as [
  Principal,
  Principal,
  Principal,
  Principal,
];

const REQUEST: FirmRequest = {
  sellAsset: SRT,
  buyAsset: BRL,
  given: { sell: 1_000_000_000n },
  context: 'sep24',
  sellDeliveryMethod: null,
  buyDeliveryMethod: 'PIX',
  countryCode: null,
  expireAfter: null,
};

for (const { kind, available } of DATABASES) {
  describe.skipIf(!available)(`firm quotes on ${kind}`, () => {
    let anchor: TestAnchor;
    let available: string | null;

    beforeAll(async () => {
      anchor = await createTestAnchor({
        database: kind,
        integrations: { quotes: { ...integrations.quotes, liquidity: () => available } as never },
        project: { seps: [1, 10, 24, 38], quotes: { ...QUOTES, openMax: 8 } },
      });
      await anchor.ctx.db.read.updateTable('assets').set({ sep38_enabled: 1 }).execute();
      available = null;
    });
    afterAll(() => anchor.close());

    const quote = (who: Principal, more: Partial<FirmRequest> = {}) =>
      firmQuote(anchor.ctx, who, { ...REQUEST, ...more });
    const use = async (who: Principal, row: Pick<QuoteRow, 'id'>) => {
      const { ctx } = anchor;
      const srt = await ctx.db.read.selectFrom('assets').selectAll().executeTakeFirstOrThrow();
      const plan = await quotedExchange(ctx, who, {
        sep: '24',
        quoteId: row.id,
        kind: 'withdrawal',
        asset: srt,
      });
      return ctx.db.write((trx) =>
        createTransaction(ctx, trx, {
          sep: '24',
          kind: 'withdrawal',
          assetId: srt.id,
          owner: who.owner,
          subject: who.subject,
          account: who.account,
          plan,
        }),
      );
    };
    const refused = (code: string) => expect.objectContaining({ code, httpStatus: 400 });

    it('is used once, whoever is faster: 16 at a time (S38-35; needs.md #1934 quote reuse)', async () => {
      const row = await quote(alice);
      const tries = await Promise.allSettled(Array.from({ length: 16 }, () => use(alice, row)));
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const one of tries)
        if (one.status === 'rejected') expect(one.reason).toEqual(refused('QUOTE_UNUSABLE'));
      const used = await findQuote(anchor.ctx.db.read, alice, row.id);
      const rows = await anchor.ctx.db.read
        .selectFrom('transactions')
        .selectAll()
        .where('quote_id', '=', row.id)
        .execute();
      expect(rows).toMatchObject([
        {
          id: used?.transaction_id,
          amount_expected_units: 1_000_000_000n,
          amount_in_asset: SRT,
          amount_out_asset: BRL,
          amount_fee_asset: SRT,
          quote_expires_at: row.expires_at,
          expires_at: row.expires_at,
        },
      ]);
    });

    it('may be used by the users of the account that has it, and by nobody else (S38-35, S24-25; needs.md 1284 quote owner)', async () => {
      const whose = await quote(alice);
      for (const other of [bob, principal(`${BOB}:1`), principal(MUXED), principal(SHARED)]) {
        await expect(use(other, whose)).rejects.toEqual(refused('QUOTE_UNUSABLE'));
      }
      expect((await use(alice1, whose)).quote_id).toBe(whose.id);
      const user = await quote(alice1);
      for (const other of [alice, alice2, bob]) {
        await expect(use(other, user)).rejects.toEqual(refused('QUOTE_UNUSABLE'));
      }
      expect((await use(alice1, user)).quote_id).toBe(user.id);
    });

    it('is seen by whoever made it, also after it was used or has expired (S38-37, S38-38)', async () => {
      const row = await quote(alice2);
      const { read } = anchor.ctx.db;
      expect(await findQuote(read, alice2, row.id)).toEqual(row);
      for (const other of [alice, alice1, bob]) expect(await findQuote(read, other, row.id)).toBeNull();
      expect(await findQuote(read, alice2, 'not-an-id')).toBeNull();
      await use(alice2, row);
      anchor.clock.advance(86_400_000);
      expect(await findQuote(read, alice2, row.id)).toMatchObject({ id: row.id });
    });

    it('cannot be used after it has expired, nor for another purpose (S24-25, S24-26; needs.md 1154 expired quote accepted)', async () => {
      const row = await quote(alice);
      await expect(usableQuote(anchor.ctx, alice, row.id, 'sep31')).rejects.toEqual(
        refused('QUOTE_UNUSABLE'),
      );
      anchor.clock.advance(599_999);
      expect(await usableQuote(anchor.ctx, alice, row.id, 'sep24')).toEqual(row);
      anchor.clock.advance(1);
      await expect(use(alice, row)).rejects.toEqual(refused('QUOTE_UNUSABLE'));
    });

    it('expires no later than it may, and no earlier than asked for (S38-29; needs.md 1314 quote expiry year 9999)', async () => {
      const now = anchor.clock.now();
      const after = now + 3_600_000;
      expect(Date.parse((await quote(alice, { expireAfter: after })).expires_at)).toBe(after);
      expect(Date.parse((await quote(alice, { expireAfter: now + 1000 })).expires_at)).toBe(now + 600_000);
      for (const expireAfter of [now, now - 1, now + 86_400_001, Date.parse('9999-12-31T23:59:59Z')]) {
        await expect(quote(alice, { expireAfter })).rejects.toEqual(refused('QUOTE_EXPIRY_INVALID'));
      }
      anchor.clock.advance(86_400_000);
    });

    it('needs a delivery method where there are several, and never two (S38-28, S38-P05, S38-P06)', async () => {
      const none = { buyDeliveryMethod: null };
      await expect(quote(alice, none)).rejects.toEqual(refused('DELIVERY_METHOD_INVALID'));
      await expect(quote(alice, { sellDeliveryMethod: 'PIX' })).rejects.toEqual(
        refused('DELIVERY_METHOD_INVALID'),
      );
      expect(await quote(alice, { ...none, buyAsset: 'iso4217:USD' })).toMatchObject({
        buy_delivery_method: null,
      });
      expect(await quote(alice, { ...none, buyAsset: 'iso4217:JPY' })).toMatchObject({
        buy_units: 148_500_000_000n,
      });
      anchor.clock.advance(86_400_000);
    });

    it('reserves what it promises, also against others at the same time (S38-33)', async () => {
      // 495 BRL each
      available = '1500';
      const tries = await Promise.allSettled([alice, bob, alice1, bob].map((who) => quote(who)));
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      for (const one of tries)
        if (one.status === 'rejected') expect(one.reason).toEqual(refused('QUOTE_LIQUIDITY'));
      const first = tries.find((one) => one.status === 'fulfilled');
      await expect(quote(alice, { given: { buy: 160_000_000n } })).rejects.toEqual(
        refused('QUOTE_LIQUIDITY'),
      );
      expect(await quote(alice, { given: { buy: 150_000_000n } })).toBeDefined();
      expect(first).toBeDefined();
      // given back when they expire
      anchor.clock.advance(600_000);
      expect(await quote(bob)).toBeDefined();
      available = null;
      anchor.clock.advance(86_400_000);
    });

    it('cannot be hoarded by one account (S38-34, SV-12)', async () => {
      for (let i = 0; i < 8; i++) await quote(i % 2 === 0 ? alice : alice1);
      await expect(quote(alice2)).rejects.toEqual(refused('QUOTES_OPEN_MAX'));
      expect(await quote(bob)).toBeDefined();
      anchor.clock.advance(600_000);
      expect(await quote(alice2)).toBeDefined();
    });

    it('is never changed, used twice or lost, whatever the code does (S38-35, S38-36)', async () => {
      const row = await quote(bob);
      const { read } = anchor.ctx.db;
      await expect(
        read.updateTable('quotes').set({ buy_units: 1n }).where('id', '=', row.id).execute(),
      ).rejects.toThrow(/cannot be changed/);
      const first = await use(bob, row);
      const second = await use(bob, await quote(bob));
      await expect(
        read.updateTable('quotes').set({ transaction_id: second.id }).where('id', '=', row.id).execute(),
      ).rejects.toThrow(/one transaction only/);
      await expect(
        read.deleteFrom('quotes').where('transaction_id', '=', first.id).execute(),
      ).rejects.toThrow(/never deleted/);
    });

    it('conflicts with whatever says something else (S24-24, S6-23, S31-P06)', async () => {
      const { ctx } = anchor;
      const row = await quote(alice);
      const srt = await ctx.db.read.selectFrom('assets').selectAll().executeTakeFirstOrThrow();
      const ask = { sep: '24' as const, quoteId: row.id, kind: 'withdrawal' as const, asset: srt };
      const conflicts = [
        { ...ask, kind: 'deposit' as const },
        { ...ask, asset: { ...srt, ...asset({ code: 'OTHER' }) } },
        { ...ask, asset: { ...srt, issuer: ALICE } },
        { ...ask, offchainId: 'iso4217:USD' },
        { ...ask, amountUnits: 1_000_000_001n },
        { ...ask, fundingMethod: 'ACH' },
      ];
      for (const one of conflicts) {
        await expect(quotedExchange(ctx, alice, one as typeof ask)).rejects.toEqual(
          refused('QUOTE_CONFLICT'),
        );
      }
      const agreeing = { ...ask, offchainId: BRL, amountUnits: 1_000_000_000n, fundingMethod: 'PIX' };
      expect((await quotedExchange(ctx, alice, agreeing)).quote).toEqual(row);
    });
  });
}
