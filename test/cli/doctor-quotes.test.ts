import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkQuotes } from '../../src/cli/doctor/quotes.ts';
import { integrations, QUOTES } from '../seps/sep38/client.ts';
import { createTestAnchor, type TestAnchor } from '../support/anchor.ts';

describe('doctor on SEP-38', () => {
  let anchor: TestAnchor;
  let away = false;
  beforeAll(async () => {
    const price = integrations.quotes?.price as NonNullable<typeof integrations.quotes>['price'];
    anchor = await createTestAnchor({
      integrations: {
        quotes: {
          price: (...asked) => {
            if (away) throw new Error('away');
            return price(...asked);
          },
        },
      },
      project: { seps: [1, 10, 38], quotes: QUOTES },
    });
  });
  afterAll(() => anchor.close());
  const toml = { ANCHOR_QUOTE_SERVER: 'http://localhost:8000/sep38' };
  const check = (file: Record<string, unknown> = toml) => checkQuotes((url) => anchor.request(url), file);

  it('says what is exchanged, or why nothing is', async () => {
    expect(await check({})).toMatchObject([{ id: 'sep38', status: 'ok' }]);
    expect(await check()).toMatchObject([{ id: 'sep38', status: 'warn' }]);
    await anchor.ctx.db.read.updateTable('assets').set({ sep38_enabled: 1 }).execute();
    expect(await check()).toMatchObject([{ id: 'sep38', status: 'ok' }]);
    away = true;
    expect(await check()).toMatchObject([{ id: 'sep38', status: 'fail' }]);
  });
});
