import { runSeed } from './run.ts';

const argument = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};

const seeds = Number(argument('seeds') ?? 1);
const first = Number(argument('seed') ?? 1);
const verbose = process.argv.includes('--trace');
const started = process.cpuUsage();
let flows = 0;
let faults = 0;
let crashes = 0;
let violations = 0;
for (let seed = first; seed < first + seeds; seed++) {
  const outcome = await runSeed(String(seed), { verbose });
  flows += outcome.flows;
  faults += outcome.faults;
  crashes += outcome.crashes;
  violations += outcome.violations.length;
  if (verbose || outcome.violations.length > 0) console.log(outcome.tail.slice(verbose ? 0 : -60).join('\n'));
  for (const text of outcome.violations.slice(0, 3)) console.log(`seed=${seed} ${text}`);
  if (seeds <= 20)
    console.log(
      seed,
      outcome.digest,
      outcome.flows,
      outcome.faults,
      outcome.crashes,
      outcome.elapsedMs / 1000,
      outcome.steps,
      outcome.effects,
    );
}
const used = process.cpuUsage(started);
console.log(
  `seconds=${((used.user + used.system) / 1e6).toFixed(1)} flows/s=${(flows / ((used.user + used.system) / 1e6)).toFixed(0)}`,
);
console.log(`seeds=${seeds} flows=${flows} faults=${faults} crashes=${crashes} violations=${violations}`);
process.exit(violations > 0 ? 1 : 0);
