import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scrub } from '../kernel/log.ts';
import type { HookFault } from '../transfers/hooks.ts';

export interface Place {
  /** relative to the project */
  file: string;
  line: number;
}

export interface SourceLine {
  number: number;
  text: string;
  hit: boolean;
}

const ENDINGS = ['.ts', '.mts', '.js', '.mjs'];

function readLines(root: string, file: string): string[] | null {
  try {
    return readFileSync(join(root, file), 'utf8').split('\n');
  } catch {
    return null;
  }
}

function readCode(root: string, name: string): { file: string; lines: string[] } | null {
  for (const ending of ENDINGS) {
    const lines = readLines(root, `${name}${ending}`);
    if (lines !== null) return { file: `${name}${ending}`, lines };
  }
  return null;
}

/** The first line from `start` on that defines `name`: `name:`, `name(`, `name =`, or just names it in quotes. */
function findName(lines: readonly string[], name: string, start: number): number {
  const plain = name.replace(/[^\w$-]/g, '');
  if (plain === '') return -1;
  const pattern = new RegExp(`(?:\\b${plain}\\b\\s*[:(=,]|['"\`]${plain}['"\`])`);
  const at = lines
    .slice(start)
    .findIndex((line) => pattern.test(line) && !/^\s*(?:\/\/|\*|import\b)/.test(line));
  return at < 0 ? -1 : at + start;
}

/**
 * Where a hook is written down: the line of its error's stack, else, for a hook that answered wrongly, the line in
 * `integrations.ts` (or `forms/ID.ts`) that defines it, as far as that can be found by its name.
 */
export function placeOfFault(root: string, fault: HookFault): Place | null {
  if (fault.file !== null && fault.line !== null) return { file: fault.file, line: fault.line };
  const form = /^forms\/([\w-]+) (.+)\.validate$/.exec(fault.hook);
  const code = readCode(root, form === null ? 'integrations' : `forms/${form[1]}`);
  if (code === null) return null;
  const names = form === null ? fault.hook.split('.') : [form[2] as string];
  let line = -1;
  for (const name of names) {
    const next = findName(code.lines, name, Math.max(line, 0));
    if (next < 0) break;
    line = next;
  }
  return line < 0 ? null : { file: code.file, line: line + 1 };
}

/** The lines around a place, of the project's own code only. */
export function sourceAround(root: string, place: Place | null): SourceLine[] {
  if (place === null || !/\.m?[jt]s$/.test(place.file) || place.file.split(/[/\\]/).includes('..')) return [];
  const lines = readLines(root, place.file) ?? [];
  return lines
    .map((content, i) => ({ number: i + 1, text: scrub(content), hit: i + 1 === place.line }))
    .slice(Math.max(0, place.line - 6), place.line + 5);
}
