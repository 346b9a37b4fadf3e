import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fetch } from '../../src/stellar/port.ts';

/** Recordings of a real network, kept beside the repository. */
const FOLDER = process.env['FIXTURES_DIR'] ?? join(import.meta.dirname, '../../../shared/fixtures/network');

export const recordingsThere = existsSync(FOLDER);

interface Recorded {
  request: { method: string; path: string; body?: string };
  response: { status: number; headers: [string, string][]; body: unknown };
}

export function recordedHttp(name: string): Recorded {
  return JSON.parse(readFileSync(join(FOLDER, 'http', `${name}.json`), 'utf8')) as Recorded;
}

export function recordedScenario(name: string): Record<string, unknown> {
  const whole = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Record<string, unknown>;
  return resolvePointers(whole, whole) as Record<string, unknown>;
}

/** `@/a/b` stands for the value at that place of the same file. */
function resolvePointers(value: unknown, whole: unknown): unknown {
  if (typeof value === 'string' && value.startsWith('@/'))
    return resolvePointers(pointed(value, whole), whole);
  if (Array.isArray(value)) return value.map((item) => resolvePointers(item, whole));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolvePointers(item, whole)]));
}

function pointed(pointer: string, whole: unknown): unknown {
  const steps = pointer.slice(2).split('/');
  return steps.reduce((value, step) => {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return (value as Record<string, unknown>)[key];
  }, whole);
}

export interface Asked {
  url: URL;
  init: RequestInit;
}

/** A fetch that gives recorded answers in order and keeps what it was asked. */
export function replay(...names: string[]): { fetch: Fetch; asked: Asked[] } {
  const asked: Asked[] = [];
  const fetch: Fetch = async (url, init) => {
    const recorded = recordedHttp(names[asked.length] ?? 'no such recording');
    asked.push({ url: new URL(url), init: init ?? {} });
    const { status, body } = recorded.response;
    const headers = recorded.response.headers.filter(
      ([name]) => !/^(content-length|transfer-encoding)$/i.test(name),
    );
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });
  };
  return { fetch, asked };
}
