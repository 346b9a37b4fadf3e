// Compiles src/ to dist/: one bundle per entry with shared chunks (start-up time), and the type declarations.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, root, run } from './ensure-installed.mjs';
import { thirdPartyNotices } from './notices.mjs';

const ENTRIES = {
  index: 'src/index.ts',
  testing: 'src/testing.ts',
  'cli/main': 'src/cli/main.ts',
  'scaffold/main': 'src/scaffold/main.ts',
};

// Resolved at run time: native or optional drivers, loaders that find their own files, and what is loaded rarely.
const EXTERNAL = ['better-sqlite3', 'pg', 'jiti', 'pino', 'execa', '@inquirer/prompts'];

export async function build() {
  ensureInstalled();
  const { build: bundle } = await import('esbuild');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const result = await bundle({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: EXTERNAL,
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
    chunkNames: 'chunks/[name]-[hash]',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  writeFileSync(join(root, 'dist', 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(root, result.metafile));
  run(process.execPath, [
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    'tsconfig.build.json',
  ]);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await build();
