// Compiles src/ to dist/: one bundle per entry with shared chunks (start-up time), and the type declarations.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, root, run } from './ensure-installed.mjs';
import { thirdPartyNotices } from './notices.mjs';

const ENTRIES = {
  index: 'src/index.ts',
  testing: 'src/testing.ts',
  'sep31-sender': 'src/sep31-sender.ts',
  'cli/main': 'src/cli/main.ts',
  'scaffold/main': 'src/scaffold/main.ts',
};

// Resolved at run time: native or optional drivers, loaders that find their own files, and what is loaded rarely.
const EXTERNAL = ['better-sqlite3', 'pg', 'jiti', 'execa', '@inquirer/prompts'];

/**
 * The SDK's core (keys, XDR, transactions) without its HTTP clients, which nothing here uses and which cost start-up time. Only the
 * wallet takes the whole SDK: it checks SEP-10 challenges with it.
 */
const stellarCore = {
  name: 'stellar-core-of-the-sdk',
  setup(bundler) {
    bundler.onResolve({ filter: /^@stellar\/stellar-sdk$/ }, ({ importer, kind, resolveDir }) => {
      if (/[/\\]src[/\\]wallet[/\\]login\.ts$/.test(importer) || !/[/\\]src[/\\]/.test(importer))
        return undefined;
      return bundler.resolve('@stellar/stellar-base', { importer, kind, resolveDir });
    });
  },
};

export async function build() {
  ensureInstalled();
  const { build: bundle } = await import('esbuild');
  // Built aside and swapped in whole, so that what runs on dist/ meanwhile is never left without it.
  const aside = join(root, 'dist.new');
  rmSync(aside, { recursive: true, force: true });
  const result = await bundle({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    outdir: 'dist.new',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: EXTERNAL,
    plugins: [stellarCore],
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
    chunkNames: 'chunks/[name]-[hash]',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  writeFileSync(join(aside, 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(root, result.metafile));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', join(aside, 'types')]);
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  renameSync(aside, join(root, 'dist'));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await build();
