import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Mutate {
  MUTATIONS: string;
  mutationNames(): string[];
  readMutation(name: string): { id: string };
  checkMutation(name: string): Promise<void>;
}

const script = pathToFileURL(join(process.cwd(), 'scripts', 'conformance', 'mutate.mjs')).href;
const { MUTATIONS, mutationNames, readMutation, checkMutation } = (await import(script)) as Mutate;

const names = mutationNames();
const groups = ['SC', 'S1', 'S6', 'S9', 'S10', 'S12', 'S24', 'S31', 'S38', 'S45'];

describe('mutations', () => {
  it('are at least forty, of every SEP, no two alike', () => {
    expect(names.length).toBeGreaterThanOrEqual(40);
    const ids = names.map((name) => readMutation(name).id);
    for (const group of groups)
      expect([group, ids.some((id) => id.startsWith(`${group}-`))]).toEqual([group, true]);
    const texts = names.map((name) => readFileSync(join(MUTATIONS, `${name}.patch`), 'utf8'));
    expect(new Set(texts).size).toBe(names.length);
  });

  it.each(names)('%s fits the sources, and a test cites its number', async (name) => {
    await checkMutation(name);
  });
});
