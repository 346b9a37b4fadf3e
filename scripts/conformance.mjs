// `npm run conformance`: writes docs/reference/conformance.md and says what is open. `-- --check` changes nothing and fails when a
// requirement has neither test nor sentence, or a test cites too many. `-- --mutate [--only NAME]` breaks behaviours one at a time.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MOST_PER_TEST } from './conformance/citations.mjs';
import { isOpen, page, results } from './conformance/page.mjs';
import { root } from './ensure-installed.mjs';

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    mutate: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

function table() {
  const { rows, crowded, unknown } = results();
  if (!values.check) writeFileSync(join(root, 'docs', 'reference', 'conformance.md'), page());
  const open = rows.filter(isOpen);
  for (const { id, level, says } of open) console.log(`${level.padEnd(6)} ${id.padEnd(8)} ${says}`);
  for (const { file, title } of crowded) console.log(`more than ${MOST_PER_TEST} numbers: ${file}: ${title}`);
  for (const id of unknown) console.log(`there is no requirement ${id}`);
  console.log(
    `requirements=${rows.length} tested=${rows.filter(({ tests }) => tests.length > 0).length} open=${open.length} crowded=${crowded.length} unknown=${unknown.length}`,
  );
  return open.length + crowded.length + unknown.length === 0 ? 0 : 1;
}

if (values.mutate) {
  const { mutate } = await import('./conformance/mutate.mjs');
  process.exitCode = await mutate(values);
} else process.exitCode = table();
