// One process of `npm run simulate`: runs its share and writes one line of JSON per run.
import { ROWS } from './faults.ts';
import { mistakeNamed } from './mistakes.ts';
import { pairs, runPoint, singles } from './points.ts';
import { type Outcome, runSeed } from './run.ts';

const argument = (name: string, otherwise: string): string => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : (process.argv[at + 1] ?? otherwise);
};
const flag = (name: string): boolean => process.argv.includes(`--${name}`);

const share = Number(argument('share', '0'));
const shares = Number(argument('shares', '1'));
const trace = flag('trace');

/** Whether to end with the first run that fails; what no seed has shown, some crash point may. */
const stop = flag('stop');
const seedsOnly = flag('seeds-only');

/** Milliseconds of real time after which nothing is begun. */
const limitMs = Number(argument('minutes', '1000000')) * 60_000;
const late = (): boolean => performance.now() > limitMs;

/** Rows that were not met are told, too. */
const none = Object.fromEntries(ROWS.map((row) => [row, 0]));

function write(name: string, outcome: Outcome, more: object = {}): void {
  const { counts, tail, ...rest } = outcome;
  const line = {
    ...rest,
    ...more,
    name,
    counts: { ...none, ...Object.fromEntries(counts) },
    tail: trace || outcome.violations.length > 0 ? tail : [],
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function seeds(): Promise<boolean> {
  const first = Number(argument('seed', '1'));
  const count = Number(argument('seeds', '1'));
  for (let i = share; i < count && !late(); i += shares) {
    const seed = String(first + i);
    const outcome = await runSeed(seed, {
      verbose: trace,
      restore: flag('restore'),
      brief: flag('brief') || undefined,
      poor: flag('poor') ? 'asset' : undefined,
      tamper: mistakeNamed(argument('mistake', '')),
      // one flow of each, in place of random ones
      only: flag('scenarios') ? argument('scenarios', '').split(';') : undefined,
    });
    write(seed, outcome);
    if (stop && outcome.violations.length > 0) return true;
  }
  return false;
}

async function points(kind: string): Promise<void> {
  const all = kind === 'pairs' ? await pairs() : await singles();
  const only = argument('point', '');
  for (const [i, run] of all.entries()) {
    const name = `${run.story}: ${run.crashes.map(({ index, point }) => `${index} ${point}`).join(', ')}`;
    if (only === '' ? i % shares !== share : name !== only) continue;
    if (late()) return;
    const outcome = await runPoint(run);
    write(name, outcome, { points: kind, of: only === '' ? all.length : 1 });
    if (stop && outcome.violations.length > 0) return;
  }
}

const kind = argument('points', '');
if (kind !== '') await points(kind);
const failed = (kind === '' || flag('seeds')) && (await seeds());
if (kind === '' && stop && !failed && !seedsOnly) await points('singles');
