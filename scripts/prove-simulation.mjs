// Part of `npm run prove`: every pair of crash points of the flows of money, and the long form of the seeds, with a report.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closingLine, simulate, tellRun, tellTotals, thin } from './simulate.mjs';

/** The thousand seeds of the proof, and as many again. */
const SEEDS = 2_000;
/** Nothing is begun after that: all of `prove` has forty. */
const MINUTES = { pairs: 20, seeds: 12 };

const table = (head, counts) => [
  `| ${head} | times |`,
  '|---|---|',
  ...[...counts].map(([name, count]) => `| ${name} | ${count} |`),
];

function reportOf(pairs, seeds, missing) {
  const byName = new Intl.Collator('en', { numeric: true });
  const kinds = [...seeds.kinds]
    .filter(([name]) => name.includes(' '))
    .sort(([a], [b]) => byName.compare(a, b));
  return [
    '# Simulation',
    '',
    `Pairs of crash points: ${pairs.complete ? 'all' : 'stopped after'} ${pairs.points}, ${pairs.violations} violations, ${pairs.seconds} s.`,
    '',
    `    ${closingLine(seeds)}`,
    '',
    `${seeds.seconds} s. Run again: \`npm run simulate -- --seeds ${seeds.seeds}\`, \`npm run simulate -- --points pairs\`.`,
    '',
    ...[...pairs.violated, ...seeds.violated, ...missing].map((text) => `- ${text}`),
    '## Flows',
    '',
    ...table('flow', [...seeds.families].sort()),
    '',
    '## Faults',
    '',
    ...table('row of the matrix', seeds.rows),
    '',
    ...table('fault', kinds),
    '',
  ].join('\n');
}

/** @param folder where the report goes @returns whether nothing was violated, and enough was met */
export async function proveSimulation(folder) {
  const part = async (given) => {
    const result = await simulate(given, (run) => tellRun(run, given));
    tellTotals(result, given);
    console.log(closingLine(result));
    return result;
  };
  const pairs = await part({ points: 'pairs', minutes: MINUTES.pairs });
  const seeds = await part({ seeds: SEEDS, minutes: MINUTES.seeds });
  const missing = thin(seeds);
  const file = join(folder, 'simulation.md');
  writeFileSync(file, reportOf(pairs, seeds, missing));
  console.log(`Report: ${file}`);
  return pairs.violations + seeds.violations + missing.length === 0 && pairs.complete;
}
