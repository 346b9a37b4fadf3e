// The server of the status benchmark: GET /sep24/transaction as we serve it, or bare node:http doing the same work: the token
// checked by hand, one prepared statement, the same JSON.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import Sqlite from 'better-sqlite3';
import type { Project } from '../src/config/project.ts';
import { createSecretBox, migrate, openDatabase } from '../src/database/index.ts';
import { insertAsset } from '../src/database/repositories/assets.ts';
import { isoTime, systemClock } from '../src/kernel/clock.ts';
import { systemIds } from '../src/kernel/ids.ts';
import { silentLog } from '../src/kernel/log.ts';
import { sep24 } from '../src/seps/sep24-interactive/index.ts';
import { printTransaction } from '../src/seps/sep24-interactive/view.ts';
import { authenticate } from '../src/seps/shared/principal.ts';
import { tokensOf } from '../src/seps/shared/tokens.ts';
import { randomKeyPair } from '../src/stellar/keys.ts';
import {
  type AnchorContext,
  assetOf,
  createTransaction,
  type TransactionRow,
} from '../src/transfers/index.ts';
import { serveForParent } from './_serve.ts';

const TRANSACTIONS = 500;
const root = mkdtempSync(join(tmpdir(), 'bench-status-'));
const db = await openDatabase({ url: 'sqlite:anchor.db', root, log: silentLog });
await migrate(db);

const ctx = {
  project: {
    root,
    network: { name: 'testnet', passphrase: 'Test SDF Network ; September 2015' },
    hostUrl: 'https://anchor.example.com',
    sep24: { claimableBalances: true, accountCreation: true },
    transfers: { expireHours: 24 },
    secrets: { jwtKey: 'a key for measuring that is long enough' },
    integrations: {},
    forms: new Map(),
  } as unknown as Project,
  db,
  box: createSecretBox(`a:${Buffer.alloc(32, 7).toString('base64')}`, systemIds),
  network: {} as AnchorContext['network'],
  fetch: () => Promise.reject(new Error('unused')),
  clock: systemClock,
  ids: systemIds,
  log: silentLog,
} satisfies AnchorContext;

const issuer = randomKeyPair(systemIds).publicKey;
await insertAsset(db.read, {
  id: 'srt',
  code: 'SRT',
  issuer,
  distribution_account: issuer,
  anchored_asset: 'iso4217:USD',
  sep24_enabled: 1,
  created_at: isoTime(0),
});
const tokens = tokensOf(ctx);
const calls: { path: string; token: string }[] = [];
for (let at = 0; at < TRANSACTIONS; at++) {
  const { publicKey: owner } = randomKeyPair(systemIds);
  const { id } = await db.write((trx) =>
    createTransaction(ctx, trx, {
      sep: '24',
      kind: 'deposit',
      assetId: 'srt',
      owner,
      subject: owner,
      account: owner,
      amountUnits: 1_000_000_000n,
    }),
  );
  await db.read
    .updateTable('transactions')
    .set({
      status: 'pending_user_transfer_start',
      amount_in_units: 1_000_000_000n,
      amount_out_units: 989_900_000n,
      amount_fee_units: 10_100_000n,
    })
    .where('id', '=', id)
    .execute();
  const token = tokens.sign('api', { sub: owner, lifetimeSeconds: 3600, claims: { jti: 'x'.repeat(64) } });
  calls.push({ path: `/sep24/transaction?id=${id}`, token });
}

/** What the framework, the query builder and the driver around them are measured against. */
async function bare(): Promise<RequestListener> {
  const raw = new Sqlite(join(root, 'anchor.db'), { readonly: true });
  raw.defaultSafeIntegers(true);
  const statement = raw.prepare("select * from transactions where id = ? and owner = ? and sep = '24'");
  const asset = await assetOf(db.read, 'srt');
  return (request, response) => {
    const principal = authenticate(tokens, request.headers.authorization);
    const id = new URLSearchParams(request.url?.split('?')[1]).get('id');
    const row =
      principal === null ? undefined : (statement.get(id, principal.owner) as TransactionRow | undefined);
    const body =
      row === undefined
        ? '{"error":"There is no such transaction."}'
        : JSON.stringify({ transaction: printTransaction(ctx, row, asset, []) });
    response.writeHead(row === undefined ? 404 : 200, {
      'Content-Type': 'application/json',
      'Access-Control-Allow-Origin': '*',
      'Cache-Control': 'no-store',
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(body);
  };
}

const server =
  process.argv[3] === 'bare'
    ? createServer(await bare())
    : (createAdaptorServer({ fetch: sep24.routes(ctx).fetch }) as Server);
serveForParent(server, { calls }, async () => {
  await db.close();
  rmSync(root, { recursive: true, force: true });
});
