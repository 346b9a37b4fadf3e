// `npm run bench -- NAME [--json]`: one benchmark, its last line is `NAME ratio=…x baseline=…`. Exit 1 on a missed aim.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { ensureInstalled, root } from './ensure-installed.mjs';

const names = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.ts') && !file.startsWith('_'))
  .map((file) => file.slice(0, -3));
const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`Usage: npm run bench -- NAME [--json]\nNames: ${names.join(', ')}`);
  process.exit(2);
}
ensureInstalled();
if (!rest.includes('--no-build')) await build();
const { createJiti } = await import('jiti');
const file = join(root, 'bench', `${name}.ts`);
if (!existsSync(file)) process.exit(2);
const { run } = await createJiti(import.meta.url).import(file);
const json = rest.includes('--json');
const { rows, ratio, baseline, ok } = await run();
if (json) console.log(JSON.stringify({ name, ratio, baseline, ok, rows }));
else
  for (const row of rows)
    console.log(
      Object.entries(row)
        .map(([key, value]) => `${key}=${value}`)
        .join('  '),
    );
console.log(`${name} ratio=${Number(ratio).toFixed(2)}x baseline=${baseline}`);
process.exit(ok ? 0 : 1);
