import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Defects that anchors in production had between February and September 2026. Each has a test here that is named after it. */
const DEFECTS = [
  '1153 toml body/redirects unbounded',
  '1154 expired quote accepted',
  '1554 SEP-31 GET/PATCH auth',
  '1156 SEP-24 GET memo',
  '1157 fall-through refund',
  '1162 TOCTOU double refund',
  '1164 `1.0E+500000000` OOM',
  '1167 nonce TOCTOU',
  '1169 unbounded list',
  '1173 client_domain SSRF',
  '1236 client_domain SSRF',
  '1179 SEP-12 IDOR',
  '1215 SEP-12 IDOR',
  '1237 SEP-12 IDOR',
  '1281 SEP-12 IDOR',
  '1185 XDR size',
  '1186 memo uint64',
  '1195 Horizon error serialization',
  '1196 muxed dest dropped',
  '1202 muxed users collapse',
  '1203 memo collision',
  '#1934 quote reuse',
  '1212 SEP-6 to_account not enforced',
  '1218 RPC op index',
  '1224 JWT type/aud confusion -> admin',
  '1225 strict-send amount',
  '1231 RPC node skew',
  '1249 asset warn-only',
  '1267 client_domain thread exhaustion',
  '1284 quote owner',
  '1294 SEP-10 replay',
  '1295 SEP-31 customer_info_needed',
  '1311 observer halts',
  '1314 quote expiry year 9999',
];

it('every known defect has a test of its name, none of them skipped', () => {
  const here = new URL('.', import.meta.url);
  const files = readdirSync(here).filter((name) => name.endsWith('.test.ts') && name !== 'list.test.ts');
  const texts = files.map((name) => readFileSync(new URL(name, here), 'utf8'));
  const titles = texts.flatMap((text) =>
    [...text.matchAll(/^\s*it\(\s*'([^']+)'/gm)].map(([, title]) => title ?? ''),
  );
  expect(new Set(DEFECTS).size).toBe(34);
  expect(DEFECTS.filter((defect) => !titles.some((title) => title.startsWith(`${defect}:`)))).toEqual([]);
  expect(titles.filter((title) => !DEFECTS.some((defect) => title.startsWith(`${defect}:`)))).toEqual([]);
  expect(texts.filter((text) => /\b(?:it|describe)\.(?:skip|only|todo)\b/.test(text))).toEqual([]);
});
