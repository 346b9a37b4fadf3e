import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ensureInstalled, root } from './ensure-installed.mjs';

ensureInstalled();
const out = join(root, 'node_modules', '.cache', 'simulation', `main-${process.pid}.mjs`);
await build({
  absWorkingDir: root,
  entryPoints: ['test/simulation/main.ts'],
  outfile: out,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  logLevel: 'warning',
});
const r = spawnSync(process.execPath, ['--enable-source-maps', out, ...process.argv.slice(2)], {
  stdio: 'inherit',
  cwd: root,
});
process.exit(r.status ?? 1);
