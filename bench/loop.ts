// What a loop of the payments costs when there is little to do and much has been done: one deposit that is ready, in an empty database
// and beside a million finished and a hundred thousand waiting ones. It must depend on what is ready alone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Project } from '../src/config/project.ts';
import { createSecretBox, type Database, migrate, openDatabase } from '../src/database/index.ts';
import { insertAsset } from '../src/database/repositories/assets.ts';
import { isoTime, systemClock } from '../src/kernel/clock.ts';
import { systemIds } from '../src/kernel/ids.ts';
import { silentLog } from '../src/kernel/log.ts';
import { countWaiting, payersWithWork, readyFor } from '../src/payments/ready.ts';
import { randomKeyPair } from '../src/stellar/keys.ts';
import type { AnchorContext } from '../src/transfers/index.ts';
import { type Goal, measure, type Result, resultOf } from './_meter.ts';

const FINISHED = 1_000_000;
const WAITING = 100_000;

interface Store {
  ctx: AnchorContext;
  payer: string;
  close(): Promise<void>;
}

async function store(finished: number, waiting: number): Promise<Store> {
  const root = mkdtempSync(join(tmpdir(), 'bench-loop-'));
  const db = await openDatabase({ url: 'sqlite:anchor.db', root, log: silentLog });
  await migrate(db);
  const payer = randomKeyPair(systemIds).publicKey;
  await insertAsset(db.read, {
    id: 'srt',
    code: 'SRT',
    issuer: payer,
    distribution_account: payer,
    sep24_enabled: 1,
    created_at: isoTime(0),
  });
  await fill(db, 'done', finished, { status: 'completed', state: 'paid', code: null, due: null });
  const later = isoTime(systemClock.now() + 3_600_000);
  await fill(db, 'wait', waiting, {
    status: 'pending_trust',
    state: 'waiting',
    code: 'trustline',
    due: later,
  });
  await fill(db, 'owed', 1, { status: 'pending_anchor', state: 'owed', code: null, due: null });
  await sql`analyze`.execute(db.read).catch(() => undefined);
  const ctx = {
    project: {} as Project,
    db,
    box: createSecretBox(`a:${Buffer.alloc(32, 7).toString('base64')}`, systemIds),
    network: {},
    clock: systemClock,
    ids: systemIds,
    log: silentLog,
  } as unknown as AnchorContext;
  return {
    ctx,
    payer,
    async close() {
      await db.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** As many rows as wanted, made inside of the database. */
async function fill(
  db: Database,
  name: string,
  count: number,
  how: { status: string; state: string; code: string | null; due: string | null },
): Promise<void> {
  const at = isoTime(1_700_000_000_000);
  const chunk = 50_000;
  for (let from = 0; from < count; from += chunk) {
    const to = Math.min(count, from + chunk) - 1;
    const numbers = sql`with recursive n(i) as (select cast(${from} as integer) union all select i + 1 from n where i < ${to})`;
    // of one length, so that they sort as they count: each index grows at its end, and the tables are made in minutes
    const n = sql`${name} || substr('00000000' || i, -9)`;
    await sql`insert into transactions (id, sep, kind, status, asset_id, owner, subject, account, reference, started_at, updated_at)
      ${numbers} select ${n}, '24', 'deposit', ${how.status}, 'srt', ${n}, ${n}, ${n}, ${n}, ${at}, ${at} from n`.execute(
      db.read,
    );
    await sql`insert into obligations (id, transaction_id, leg, purpose, asset_id, amount_units, destination, state, waiting_code,
        not_before_at, created_at, updated_at)
      ${numbers} select ${n}, ${n}, 'stellar', 'deliver', 'srt', 10000000, ${n}, ${how.state}, ${how.code},
        ${how.due}, ${at}, ${at} from n`.execute(db.read);
  }
}

/** What a pass asks of the database before it does anything. */
async function look({ ctx, payer }: Store): Promise<void> {
  const payers = await payersWithWork(ctx);
  const ready = await readyFor(ctx, payer, { plain: 1_000, memo: 40, due: 20 });
  await countWaiting(ctx);
  if (payers.length !== 1 || ready.length !== 1) throw new Error('the deposit that is ready was not found');
}

export async function run(): Promise<Result> {
  const [small, large] = [await store(0, 12_000), await store(FINISHED, WAITING)];
  try {
    const rates = await measure([
      { name: 'small', times: 60, once: () => look(small) },
      { name: 'large', times: 60, once: () => look(large) },
    ]);
    const headline: Goal = {
      what: `a loop beside ${FINISHED} finished and ${WAITING} waiting : beside none finished`,
      ratio: rates.ratio('large', 'small'),
      aim: 0.5,
    };
    const facts = ['small', 'large'].map((name) => ({
      what: name,
      cpuMsPerLoop: (1_000 / rates.of(name)).toFixed(3),
    }));
    return resultOf([headline], headline, 'the same loop in a small database', facts);
  } finally {
    await small.close();
    await large.close();
  }
}
