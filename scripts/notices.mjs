// The licences of what the bundle contains.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export function thirdPartyNotices(root, metafile) {
  const folders = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match) folders.add(match[1]);
  }
  const parts = ['create-anchor contains the following packages.\n'];
  for (const folder of [...folders].sort()) {
    const manifest = join(root, folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { name, version, license } = JSON.parse(readFileSync(manifest, 'utf8'));
    parts.push(`\n${'='.repeat(78)}\n${name} ${version} (${license ?? 'see text'})\n`);
    const file = readdirSync(join(root, folder)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    if (file) parts.push(`\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`);
  }
  return parts.join('');
}
