import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { AnchorError } from '../../src/kernel/errors.ts';
import { createSandbox } from '../../src/sandbox/index.ts';
import { buildTransaction } from '../../src/stellar/build.ts';
import { createHorizon, type Horizon } from '../../src/stellar/horizon.ts';
import { keyPairFromRawSeed } from '../../src/stellar/keys.ts';
import type { Fetch } from '../../src/stellar/port.ts';

/** What may stand in place of any value of an answer (reliability 6, AMT, ID, BODY). */
const NONSENSE: unknown[] = [
  null,
  true,
  [],
  {},
  '',
  ' ',
  'NaN',
  'Infinity',
  '-1',
  '-0',
  '+1',
  '1e2',
  '1.0E+500000000',
  '0x10',
  '١٢',
  '1,0',
  '1.12345678',
  '922337203685.4775808',
  '9'.repeat(10_000),
  '\u0000',
  '__proto__',
  -1,
  0,
  0.5,
  1e21,
  Number.MAX_SAFE_INTEGER,
  [[[[]]]],
  { __proto__: { toString: 1 } },
];

type Path = (string | number)[];

function* pathsOf(value: unknown, at: Path = []): Generator<Path> {
  if (at.length > 0) yield at;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key !== '_links') yield* pathsOf(inner, [...at, Array.isArray(value) ? Number(key) : key]);
  }
}

/** A copy with something else in one place; undefined: without it. */
function replaced(value: unknown, path: Path, by: unknown): unknown {
  const copy = structuredClone(value);
  let place = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) place = place[key] as Record<string | number, unknown>;
  const last = path.at(-1) ?? '';
  if (by === undefined) delete place[last];
  else place[last] = by;
  return copy;
}

const sandbox = createSandbox({ close: 'manual', seed: 'garbage' });
const rootPair = keyPairFromRawSeed(createHash('sha256').update(sandbox.passphrase).digest());
const root = rootPair.publicKey;
sandbox.closeLedger();

const over = (fetch: Fetch): Horizon =>
  createHorizon({ url: 'http://sandbox', passphrase: sandbox.passphrase, fetch, clock: systemClock });

// a history of one transaction
const { sequence } = (await over((input, init) => sandbox.fetch(input, init)).account(root)) as {
  sequence: bigint;
};
const { publicKey: destination } = keyPairFromRawSeed(Buffer.alloc(32, 1));
const created = await buildTransaction({
  passphrase: sandbox.passphrase,
  source: root,
  sequence: sequence + 1n,
  feePerOperation: 100n,
  operations: [{ type: 'createAccount', destination, startingBalance: 100_000_000n }],
  maxTime: 0,
  signers: [rootPair],
});
sandbox.closeLedger({ transactions: [created.xdr] });

/** Numbers that the rest of the program computes with: whole, not negative, and of the ledger's size. */
function check(value: unknown): void {
  if (typeof value === 'number') {
    expect(Number.isSafeInteger(value) && value >= 0 && value <= 8.64e15).toBe(true);
  }
  if (typeof value === 'bigint') expect(value >= 0n && value < 2n ** 63n).toBe(true);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) if (key !== 'raw') check(inner);
}

const READINGS: [string, (horizon: Horizon) => Promise<unknown>][] = [
  ['account', (horizon) => horizon.account(root)],
  ['latestLedger', (horizon) => horizon.latestLedger()],
  ['ledgerAt', (horizon) => horizon.ledgerAt(2)],
  ['transactions', (horizon) => horizon.transactions(root, '0', 10)],
  ['operations', (horizon) => horizon.operations(root, '0', 10)],
  ['lastCursor', (horizon) => horizon.lastCursor(root)],
];

describe('whatever the network answers', () => {
  it.each(READINGS)('is read as it is or as no knowledge at all: %s (F2, F7)', async (_, read) => {
    const plain: Fetch = (input, init) => sandbox.fetch(input, init);
    const seen: string[] = [];
    await read(
      over(async (input, init) => {
        const answer = await plain(input, init);
        seen.push(await answer.clone().text());
        return answer;
      }),
    );
    const body: unknown = JSON.parse(seen[0] ?? '');
    let refused = 0;
    for (const path of pathsOf(body)) {
      for (const nonsense of [undefined, ...NONSENSE]) {
        const text = JSON.stringify(replaced(body, path, nonsense));
        const headers = { 'content-type': 'application/hal+json', 'latest-ledger': '-1' };
        try {
          check(await read(over(async () => new Response(text, { headers }))));
        } catch (error) {
          if (!AnchorError.is(error) || error.code !== 'NETWORK_UNAVAILABLE') {
            throw new Error(
              `${path.join('.')} = ${String(JSON.stringify(nonsense)).slice(0, 60)}: ${String(error)}`,
            );
          }
          refused += 1;
        }
      }
    }
    expect(refused).toBeGreaterThan(0);
  });

  it.each(['-1', '1e3', '99999999999', 'x', '', '4294967296', ' 7'])(
    'witnesses no ledger by the header %j (R4)',
    async (header) => {
      const answer = await sandbox.fetch(`http://sandbox/accounts/${root}`);
      const text = await answer.text();
      const headers = { 'content-type': 'application/hal+json', 'latest-ledger': header };
      const read = await over(async () => new Response(text, { headers }))
        .account(root)
        .catch((error: unknown) => error);
      if (AnchorError.is(read)) expect(read.code).toBe('NETWORK_UNAVAILABLE');
      else expect([0, 7]).toContain((read as { ledger: number }).ledger);
    },
  );
});
