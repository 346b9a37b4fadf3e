import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const SCRIPT = join(process.cwd(), 'scripts', 'simulate.mjs');

interface Answer {
  lines: string[];
  last: string;
  status: number | null;
}

function simulate(...args: string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString();
    });
    child.on('error', reject);
    child.on('close', (status) => {
      const lines = text.trimEnd().split('\n');
      resolve({ lines, last: lines.at(-1) ?? '', status });
    });
  });
}

const MINUTES = 60_000;

describe('the simulation', () => {
  it(
    'finds nothing wrong with the money engine (M1 to M9, L1, L4)',
    async () => {
      // `npm test` has simulated before, with all of both processors
      const status = process.env['SIMULATION_STATUS'] ?? (await simulate('--seeds', '6')).status;
      expect(Number(status)).toBe(0);
    },
    10 * MINUTES,
  );

  it(
    'goes the same way from the same seed, in however many processes, and another way from another one',
    async () => {
      const first = await simulate('--seeds', '4', '--seed', '70001');
      const again = await simulate('--seeds', '4', '--seed', '70001', '--processes', '1');
      const other = await simulate('--seeds', '4', '--seed', '70002');
      expect(first.last).toMatch(
        /^seeds=4 flows=\d+ faults=\d+ crashes=\d+ violations=0 digest=[0-9a-f]{16}$/,
      );
      expect(again.last).toBe(first.last);
      expect(other.last).not.toBe(first.last);
    },
    10 * MINUTES,
  );

  it(
    'tells the seed of a failure, from which it comes again, and ends with 1',
    async () => {
      const found = await simulate('--seeds', '1', '--seed', '3', '--mistake', 'paid-twice');
      const told = found.lines.filter((line) => line.startsWith('seed=3 '));
      expect(found.status).toBe(1);
      expect(told.join('\n')).toContain('M2 ');
      const again = await simulate('--seeds', '1', '--seed', '3', '--mistake', 'paid-twice');
      expect(again.lines.filter((line) => line.startsWith('seed=3 '))).toEqual(told);
      expect(again.last).toBe(found.last);
    },
    10 * MINUTES,
  );

  it('says when too little was met to prove anything', async () => {
    const { lines, status } = await simulate('--seeds', '1', '--demand');
    expect(lines.some((line) => line.startsWith('too thin: '))).toBe(true);
    expect(status).toBe(1);
  });

  it('refuses what it does not know', async () => {
    expect((await simulate('--seed', 'x')).status).toBe(2);
    expect((await simulate('--points', 'triples')).status).toBe(2);
    expect((await simulate('--nonsense')).status).toBe(2);
  });
});
