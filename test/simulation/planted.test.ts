import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const script = join(process.cwd(), 'scripts', 'planted.mjs');

/** Standard output and exit status. */
function planted(...args: string[]): Promise<{ text: string; status: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      text += data.toString();
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ text, status }));
  });
}

describe('known mistakes, put back on a copy of the sources', () => {
  it('are at least thirty, and each fits the sources of today', async () => {
    const { text, status } = await planted('--apply');
    expect(text, 'a patch that does not fit any more has to follow the code').toMatch(
      /planted=(\d+) apply=\1\n$/,
    );
    expect(status).toBe(0);
    expect(Number(/planted=(\d+)/.exec(text)?.[1])).toBeGreaterThanOrEqual(30);
  });

  it('are told with where they are known from', async () => {
    const { text, status } = await planted('--list');
    expect(status).toBe(0);
    for (const line of text.trim().split('\n')) expect(line).toMatch(/^[a-z0-9-]+: \S.{20,}\.$/);
  });

  it('refuses a name and a flag that it does not know', async () => {
    expect((await planted('--only', 'no-such-mistake')).status).toBe(2);
    expect((await planted('--everything')).status).toBe(2);
  });

  it('are noticed, six of them, other ones on every day (PLANTED_ROTATION says which)', async () => {
    const number = process.env['PLANTED_ROTATION'];
    const { text, status } = await planted('--rotation', ...(number === undefined ? [] : [number]));
    expect(text).toMatch(/planted=6 noticed=6\n$/);
    expect(status).toBe(0);
  }, 600_000);
});
