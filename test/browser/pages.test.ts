import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Listening, listen } from '../../src/server/listen.ts';
import { ALICE, createTestAnchor, FORMS, type TestAnchor } from '../support/anchor.ts';
import { freePorts } from '../support/project.ts';
import { hasChromium, launchChromium, PHONE, shot } from './chromium.ts';

describe.skipIf(!hasChromium)('pages in a browser', () => {
  let browser: Browser;
  let anchor: TestAnchor;
  let server: Listening;
  let home: string;

  beforeAll(async () => {
    const port = await freePorts();
    home = `http://localhost:${port}`;
    anchor = await createTestAnchor({ forms: FORMS, project: { hostUrl: home, port } });
    server = await listen(anchor.app, { port });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await anchor?.close();
  });

  async function begin(kind: 'deposit' | 'withdraw', body: Record<string, unknown> = {}) {
    const answer = await anchor.request(`/sep24/transactions/${kind}/interactive`, {
      method: 'POST',
      headers: { authorization: `Bearer ${anchor.token(ALICE)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ asset_code: 'SRT', ...body }),
    });
    return (await answer.json()) as { id: string; url: string };
  }

  async function visit(
    options: BrowserContextOptions,
    work: (page: Page, faults: string[]) => Promise<void>,
  ) {
    const context = await browser.newContext({ viewport: PHONE, ...options });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      // A form that comes back with 422 is logged by the browser too; that is not a fault of the page.
      if (message.type() === 'error' && !message.text().includes('status of 4')) faults.push(message.text());
    });
    try {
      await work(page, faults);
    } finally {
      await context.close();
    }
  }

  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? 'with JavaScript' : 'without JavaScript';
    const name = javaScriptEnabled ? 'js' : 'nojs';

    it(`fills a deposit ${how} (S24-38, S24-39, S24-40)`, async () => {
      await visit({ javaScriptEnabled }, async (page, faults) => {
        const { id, url } = await begin('deposit');
        await page.goto(url);
        expect(page.url()).toBe(`${home}/interactive/${id}/amount`);
        await shot(page, `${name}-deposit-1-amount`);
        await page.fill('#amount', '100');
        if (javaScriptEnabled) await page.waitForSelector('text=98.90 SRT');
        else await page.click('text=Recalculate');
        expect(await page.textContent('[data-out=receive]')).toBe('98.90 SRT');
        await shot(page, `${name}-deposit-2-amount`);
        await page.click('button.primary');
        await shot(page, `${name}-deposit-3-form`);
        await page.fill('#f-first_name', 'Ada');
        await page.fill('#f-last_name', 'Lovelace');
        await page.fill('#f-email_address', 'ada@example');
        await page.click('button.primary');
        expect(await page.textContent('#f-email_address-error')).toContain('e-mail');
        expect(await page.inputValue('#f-first_name')).toBe('Ada');
        await shot(page, `${name}-deposit-4-error`);
        await page.fill('#f-email_address', 'ada@example.org');
        await page.click('button.primary');
        expect(page.url()).toBe(`${home}/interactive/${id}/status`);
        await shot(page, `${name}-deposit-5-status`);
        expect(await page.textContent('h1')).toBe('Waiting for your payment');
        expect(faults).toEqual([]);
      });
    });
  }

  /** Walks a withdrawal to its status page. */
  async function withdraw(page: Page, url: string) {
    await page.goto(url);
    await page.fill('#amount', '50');
    await page.click('button.primary');
    await page.fill('#f-first_name', 'Ada');
    await page.fill('#f-last_name', 'Lovelace');
    await page.fill('#f-email_address', 'ada@example.org');
    await page.click('button.primary');
    await page.fill('#f-bank_account_number', 'DE02120300000000202051');
    await page.selectOption('#f-bank_account_type', 'savings');
    await page.check('#f-owner');
    await shot(page, 'withdraw-3-bank');
    await page.click('button.primary');
  }

  it('fills a withdrawal and tells the opener of the change and of the end, once each (S24-33, S24-34, S24-35, S24-36)', async () => {
    await visit({}, async (page, faults) => {
      const { id, url } = await begin('withdraw');
      // A wallet on an origin of its own: any page of another port will do.
      await page.goto(`${home.replace('localhost', '127.0.0.1')}/`);
      await page.evaluate(() => {
        const seen: unknown[] = [];
        Object.assign(window, { seen });
        window.addEventListener('message', (event) => seen.push([event.origin, event.data]));
      });
      const opening = page.waitForEvent('popup');
      await page.evaluate((address) => {
        window.open(`${address}&callback=postMessage&on_change_callback=postMessage`);
      }, url);
      const popup = await opening;
      await withdraw(popup, popup.url());
      await popup.waitForSelector('text=Waiting for your SRT');
      await shot(popup, 'withdraw-4-status');
      await page.waitForFunction(() => (window as unknown as { seen: unknown[] }).seen.length > 1);
      await popup.reload();
      await popup.waitForSelector('[data-close]');
      // the window may be gone before the click is reported done
      const closed = popup.waitForEvent('close');
      await popup.click('[data-close]', { noWaitAfter: true }).catch(() => undefined);
      await closed;
      const seen = await page.evaluate(
        () => (window as unknown as { seen: [string, { transaction: Record<string, unknown> }][] }).seen,
      );
      // One for the change of status, one for the end; none for the reload and the second look.
      expect(seen).toHaveLength(2);
      expect(seen[0]).toEqual(seen[1]);
      expect(seen[0]?.[0]).toBe(home);
      expect(seen[0]?.[1].transaction).toMatchObject({
        id,
        status: 'pending_user_transfer_start',
        withdraw_memo_type: 'id',
      });
      expect(faults).toEqual([]);
    });
  });

  it('offers the payment of a withdrawal as a picture and a link, without JavaScript and in the dark too (SO-04)', async () => {
    for (const options of [{}, { javaScriptEnabled: false, colorScheme: 'dark' }] as const) {
      await visit(options, async (page, faults) => {
        await withdraw(page, (await begin('withdraw', { lang: 'en' })).url);
        expect(await page.isVisible('.qr svg')).toBe(false);
        await page.click('details.pay summary');
        const box = await page.locator('.qr svg').boundingBox();
        expect(box?.width).toBeGreaterThan(200);
        expect(box?.width).toBe(box?.height);
        expect(await page.getAttribute('details.pay a', 'href')).toMatch(/^web\+stellar:pay\?destination=G/);
        await shot(page, `pay-${'colorScheme' in options ? 'dark-nojs' : 'light'}`);
        expect(faults).toEqual([]);
      });
    }
  });

  it('follows a deposit to its end without a reload (S24-34, S24-39)', async () => {
    await visit({ colorScheme: 'dark' }, async (page, faults) => {
      const { id, url } = await begin('deposit');
      await page.goto(`${url}&callback=postMessage`);
      await shot(page, 'dark-1-amount');
      await page.fill('#amount', '100');
      await page.click('button.primary');
      await page.fill('#f-first_name', 'Ada');
      await page.fill('#f-last_name', 'Lovelace');
      await page.fill('#f-email_address', 'ada@example.org');
      await shot(page, 'dark-2-form');
      await page.click('button.primary');
      await shot(page, 'dark-3-status');
      await anchor.advance(id, 'pending_anchor', 'pending_stellar');
      await page.waitForSelector('text=Being sent');
      await shot(page, 'dark-4-sending');
      await anchor.advance(id, 'completed');
      await page.waitForSelector('h1:has-text("Done")');
      await page.click('summary');
      await shot(page, 'dark-5-done');
      expect(faults).toEqual([]);
    });
  });

  it('survives the back button, two tabs and a second press (S24-30)', async () => {
    await visit({}, async (page) => {
      const { id, url } = await begin('deposit');
      await page.goto(url);
      await page.fill('#amount', '100');
      await page.click('button.primary');
      const other = await page.context().newPage();
      await other.goto(`${home}/interactive/${id}/amount`);
      await page.goBack();
      expect(await page.inputValue('#amount')).toBe('100');
      await page.fill('#amount', '200');
      await page.dblclick('button.primary');
      await page.fill('#f-first_name', 'Ada');
      await page.fill('#f-last_name', 'Lovelace');
      await page.fill('#f-email_address', 'ada@example.org');
      await page.dblclick('button.primary');
      await page.waitForURL('**/status');
      await other.fill('#amount', '300');
      await other.click('button.primary');
      expect(other.url()).toBe(`${home}/interactive/${id}/status`);
      const row = await anchor.row(id);
      expect([row.status, row.amount_in_units]).toEqual(['pending_user_transfer_start', 2_000_000_000n]);
      await page.goto(url);
      expect(page.url()).toBe(`${home}/interactive/${id}/status`);
    });
    await visit({}, async (page) => {
      const { url } = await begin('deposit');
      await page.goto(url);
      const stranger = await browser.newPage({ viewport: PHONE });
      const answer = await stranger.goto(url);
      expect(answer?.status()).toBe(403);
      await shot(stranger, 'expired');
      await stranger.close();
    });
  });

  it('shows the other pages', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await visit({ colorScheme }, async (page, faults) => {
        await page.goto(`${home}/`);
        await shot(page, `home-${colorScheme}`);
        expect((await page.goto(`${home}/nothing`))?.status()).toBe(404);
        await shot(page, `not-found-${colorScheme}`);
        expect(faults).toEqual([]);
      });
    }
    await visit({ viewport: { width: 1280, height: 800 } }, async (page) => {
      await page.goto(`${home}/`);
      await shot(page, 'desktop-home');
      const { url } = await begin('deposit', { amount: '100' });
      await page.goto(url);
      expect(await page.textContent('[data-out=receive]')).toBe('98.90 SRT');
      await shot(page, 'desktop-amount');
      await page.click('button.primary');
      await shot(page, 'desktop-form');
    });
  });

  it('shows faults: to the developer all, to users a number', async () => {
    const integrations = { deposit: { content: () => ({ title: 7 }) as never } };
    const files = {
      'integrations.ts': `import { defineIntegrations } from 'create-anchor';\n\nexport default defineIntegrations({\n  deposit: {\n    content: () => ({\n      title: 7,\n    }),\n  },\n});\n`,
    };
    for (const dev of [true, false]) {
      const port = await freePorts();
      const broken = await createTestAnchor({
        integrations,
        files,
        dev,
        project: { hostUrl: `http://localhost:${port}`, port },
      });
      const listening = await listen(broken.app, { port });
      try {
        const answer = await broken.request('/sep24/transactions/deposit/interactive', {
          method: 'POST',
          headers: { authorization: `Bearer ${broken.token(ALICE)}`, 'content-type': 'application/json' },
          body: '{"asset_code":"SRT"}',
        });
        const { url } = (await answer.json()) as { url: string };
        await visit({}, async (page) => {
          await page.goto(url);
          await shot(page, dev ? 'fault-dev' : 'fault-user');
          expect((await page.textContent('main'))?.includes('integrations.ts:5')).toBe(dev);
        });
      } finally {
        await listening.close();
        await broken.close();
      }
    }
  });

  it('holds long names on a small screen, in Spanish', async () => {
    const port = await freePorts();
    const long = await createTestAnchor({
      forms: FORMS,
      assets: [
        { code: 'ABCDEFGHIJKL', deposit_max_units: 9_223_372_036_854_775_807n, significant_decimals: 7 },
      ],
      project: {
        hostUrl: `http://localhost:${port}`,
        port,
        organization: {
          name: 'Donaudampfschifffahrtsgesellschaftskreditgenossenschaft & Söhne',
          supportEmail: 'a.very.long.address@a-rather-long-domain-name.example',
        },
      },
    });
    const listening = await listen(long.app, { port });
    try {
      for (const kind of ['deposit', 'withdraw'] as const) {
        const answer = await long.request(`/sep24/transactions/${kind}/interactive`, {
          method: 'POST',
          headers: { authorization: `Bearer ${long.token(ALICE)}`, 'content-type': 'application/json' },
          body: '{"asset_code":"ABCDEFGHIJKL","lang":"es","amount":"5432.1234567"}',
        });
        const { id, url } = (await answer.json()) as { id: string; url: string };
        await visit({ viewport: { width: 320, height: 640 } }, async (page) => {
          await page.goto(url);
          await shot(page, `long-${kind}-amount`);
          await page.click('button.primary');
          await shot(page, `long-${kind}-form`);
          await long.submit(id, 54_321_234_567n);
          await page.goto(`${long.ctx.project.hostUrl}/interactive/${id}/status`);
          await page.click('summary');
          await shot(page, `long-${kind}-status`);
          expect(await page.getAttribute('html', 'lang')).toBe('es');
        });
      }
    } finally {
      await listening.close();
      await long.close();
    }
  });
});
