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
});
