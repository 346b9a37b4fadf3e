// `npm test`: installs what is missing, builds, runs every test. Arguments go to the runner.
import { join } from 'node:path';
import { build } from './build.mjs';
import { ensureInstalled, root, run } from './ensure-installed.mjs';

ensureInstalled();
await build();
run(process.execPath, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...process.argv.slice(2)]);
