// One process of `npm run simulate`: runs its share and writes one line of JSON per run.
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

function write(name: string, outcome: Outcome): void {
  const { counts, tail, ...rest } = outcome;
  const line = {
    ...rest,
    name,
    counts: Object.fromEntries(counts),
    tail: trace || outcome.violations.length > 0 ? tail : [],
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function seeds(): Promise<boolean> {
  const first = Number(argument('seed', '1'));
  const count = Number(argument('seeds', '1'));
  for (let i = share; i < count; i += shares) {
    const seed = String(first + i);
    const outcome = await runSeed(seed, {
      verbose: trace,
      restore: flag('restore'),
      brief: flag('brief') || undefined,
      poor: flag('poor') ? 'asset' : undefined,
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
    const outcome = await runPoint(run);
    write(name, outcome);
    if (stop && outcome.violations.length > 0) return;
  }
}

const kind = argument('points', '');
const failed = kind === '' && (await seeds());
if (kind !== '' || (stop && !failed && !seedsOnly)) await points(kind || 'singles');
