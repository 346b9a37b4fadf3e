// `npm test`: installs what is missing, builds, simulates, runs every test. Arguments go to the runner, and then nothing is simulated.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from './build.mjs';
import { ensureInstalled, root } from './ensure-installed.mjs';

/**
 * What the proof holds in every run of the tests. A thousand seeds take longer than four minutes on two cores: fewer of them, each as
 * full of flows, faults and crashes (docs/explanation/proof.md). The thousand are in `npm run prove`.
 */
const SEEDS = 400;

const node = (script, args, env = {}) =>
  spawnSync(process.execPath, [script, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  }).status ?? 1;

ensureInstalled();
await build();
const args = process.argv.slice(2);
const simulated =
  args.length > 0
    ? undefined
    : node(join(root, 'scripts', 'simulate.mjs'), [
        '--seeds',
        String(SEEDS),
        '--points',
        'singles',
        '--demand',
      ]);
// the closing line counts the simulation as one test: test/simulation/simulation.test.ts
const status = node(
  join(root, 'node_modules', 'vitest', 'vitest.mjs'),
  ['run', ...args],
  simulated === undefined ? {} : { SIMULATION_STATUS: String(simulated) },
);
process.exit(status === 0 ? (simulated ?? 0) : status);
