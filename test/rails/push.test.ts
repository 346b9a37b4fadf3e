import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadProject } from '../../src/config/index.ts';
import { migrate } from '../../src/database/index.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { encodeStrKey } from '../../src/kernel/strkey.ts';
import { signDelivery } from '../../src/rails/index.ts';
import { createApp } from '../../src/server/app.ts';
import { createContext } from '../../src/server/context.ts';
import { openAnchor } from '../../src/server/open-anchor.ts';
import { faultList, load, projectFolder } from '../config/project-folder.ts';

const OLD = 'the-old-secret-of-the-bank-0001';
const NEW = 'the-new-secret-of-the-bank-0002';

describe('RAILS_WEBHOOK_SECRET', () => {
  it('may be several, and may lie in a file', async () => {
    const both = `${NEW}, ${OLD}`;
    const given = await load({}, { RAILS_WEBHOOK_SECRET: both });
    expect(given.secrets.railsWebhook).toEqual([NEW, OLD]);
    const filed = await load({ secret: `${OLD}\n` }, { RAILS_WEBHOOK_SECRET_FILE: 'secret' });
    expect(filed.secrets.railsWebhook).toEqual([OLD]);
    expect((await load()).secrets.railsWebhook).toBeUndefined();
  });

  it.each(['short', `${NEW},`, `${NEW},short`])('is refused when it is weak: %s', async (value) => {
    expect(await faultList({}, { RAILS_WEBHOOK_SECRET: value })).toEqual([
      'VALUE_INVALID environment: RAILS_WEBHOOK_SECRET',
    ]);
  });

  it.each(['0', 'NaN', '"60"', '61'])('timeoutSeconds of %s is refused', async (value) => {
    const code = `export default { rails: { pollDeposits() {}, payout() {}, timeoutSeconds: ${value} } };`;
    expect(await faultList({ 'integrations.ts': code })).toEqual([
      expect.stringMatching(/^CODE_INVALID .*rails\.timeoutSeconds$/),
    ]);
  });

  it.each(['-1', 'NaN', '"60"', '1e9'])('settleSeconds of %s is refused', async (value) => {
    const code = `export default { rails: { pollDeposits() {}, payout() {}, settleSeconds: ${value} } };`;
    expect(await faultList({ 'integrations.ts': code })).toEqual([
      expect.stringMatching(/^CODE_INVALID .*rails\.settleSeconds$/),
    ]);
  });
});

describe('what comes from outside', () => {
  const env = {
    ENCRYPTION_KEY: `k1:${randomBytes(32).toString('base64')}`,
    SERVER_JWT_KEY: randomBytes(32).toString('base64'),
    SIGNING_SEED: encodeStrKey('seed', randomBytes(32)),
    RAILS_WEBHOOK_SECRET: NEW,
  };

  it('reaches the book through the server’s webhook and through openAnchor, once', async () => {
    const lines = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const root = projectFolder({ '.env': lines.join('\n') });
    const ctx = await createContext(await loadProject({ dir: root, env: {} }), { log: silentLog });
    await migrate(ctx.db);
    const app = createApp(ctx);
    const credit = { id: 'bank-1', amount: '12', reference: 'NOBODY12', from: 'Ada' };
    const body = JSON.stringify({ type: 'deposit', credit });
    const send = (header: string, path = '/rails/webhook') =>
      app.request(path, { method: 'POST', body, headers: { 'anchor-signature': header } });
    const good = signDelivery(body, { secret: NEW, at: ctx.clock.now() / 1000 });
    expect((await send('t=1,v1=00')).status).toBe(401);
    expect((await send(good)).status).toBe(200);
    const nothing = await send(good, '/rails/other');
    expect([nothing.status, nothing.headers.get('content-type')]).toEqual([404, 'application/json']);
    const anchor = await openAnchor({ root });
    expect(await anchor.notifyDeposit(credit)).toBe('known');
    expect(await anchor.notifyDeposit({ ...credit, id: 'bank-2' })).toBe('suspended');
    await expect(anchor.notifyPayout({ key: 'x', status: 'completed' })).rejects.toMatchObject({
      code: 'PAYOUT_UNKNOWN',
    });
    expect(await anchor.notifyReturn({ id: 'r-1', creditId: 'bank-2', reason: 'recalled' })).toBe('withheld');
    await anchor.close();
    const credits = await ctx.db.read
      .selectFrom('bank_credits')
      .select(['id', 'bucket'])
      .orderBy('id')
      .execute();
    expect(credits).toEqual([
      { id: 'bank-1', bucket: 'suspense' },
      { id: 'bank-2', bucket: 'returned' },
    ]);
    await ctx.close();
  });

  it('is not loaded with integrations.ts: the entry names it only', () => {
    const text = readFileSync(join(import.meta.dirname, '../../src/server/open-anchor.ts'), 'utf8');
    const eager = [...text.matchAll(/^import (?!type)[^;]*from '([^']+)'/gm)].map((match) => match[1]);
    expect(eager).toEqual(['node:url']);
  });
});
