import { basename } from 'node:path';

/** A name for package.json from whatever the directory is called: small ASCII letters, digits and hyphens. */
export function packageNameOf(directory: string): string {
  const plain = basename(directory)
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 100)
    .replace(/-+$/, '');
  const taken = ['', 'node-modules', 'favicon-ico', 'create-anchor', 'anchor'];
  return taken.includes(plain) ? 'my-anchor' : plain;
}

/** The directory as a word that a POSIX shell takes as it stands. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@%+,=][A-Za-z0-9_./:@%+,=-]*$/.test(text)
    ? text
    : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The name of the organization when none is given: the directory's, in words. */
export function organizationOf(directory: string): string {
  const words = basename(directory)
    .split(/[-_.\s]+/)
    .filter((word) => word !== '')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return words.join(' ').slice(0, 100).trim() || 'My Anchor';
}
