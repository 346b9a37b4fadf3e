import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

const path = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** Whether there is a browser; under CI there has to be one. */
export const hasChromium = existsSync(path) || process.env['CI'] !== undefined;

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: path,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

export const PHONE = { width: 390, height: 844 };

/** Nothing is wider than the screen; and a picture of the whole page into SHOTS_DIR, where that is set: to be looked at. */
export async function shot(page: Page, name: string): Promise<void> {
  const [wide, screen] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  expect([name, (wide ?? 0) <= (screen ?? 0)]).toEqual([name, true]);
  const folder = process.env['SHOTS_DIR'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
