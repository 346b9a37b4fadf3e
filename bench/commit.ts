// Durable writes (goal G5): rows of the book stored as the money engine stores a page of payments, two hundred in one commit, against the
// same rows with a commit for each, and against the disk alone. A file of SQLite, every commit on the disk.
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insertRows } from '../src/database/bulk.ts';
import { type Database, migrate, openDatabase } from '../src/database/index.ts';
import { isoTime } from '../src/kernel/clock.ts';
import { silentLog } from '../src/kernel/log.ts';
import { type Goal, median, type Result, resultOf } from './_meter.ts';

const ROWS = 200;
const ROUNDS = 9;

let next = 0;

const rowsOf = (count: number) =>
  Array.from({ length: count }, () => {
    next += 1;
    const ledger = ['payment', next, 'internal', 'benchmark'] as const;
    return [`op-${next}`, 'GA', 'a'.repeat(64), 'GB', 'native', 10n, ...ledger, isoTime(0), isoTime(0)];
  });

const store = (db: Database, count: number): Promise<void> =>
  db.write((trx) =>
    insertRows(
      db,
      trx,
      'incoming_payments',
      [
        'operation_id',
        'account',
        'transaction_hash',
        'from_account',
        'asset',
        'amount_units',
        'type',
        'ledger',
        'bucket',
        'reason',
        'paid_at',
        'created_at',
      ],
      rowsOf(count),
    ),
  );

interface Cost {
  /** milliseconds per row */
  wall: number;
  cpu: number;
}

async function costOf(rows: number, work: () => Promise<void> | void): Promise<Cost> {
  const start = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - start) / rows, cpu: (user + system) / 1_000 / rows };
}

export async function run(): Promise<Result> {
  const root = mkdtempSync(join(tmpdir(), 'bench-commit-'));
  const db = await openDatabase({ url: 'sqlite:anchor.db', root, log: silentLog });
  const file = openSync(join(root, 'raw'), 'w');
  try {
    await migrate(db);
    const rounds: { together: Cost; apart: Cost; disk: Cost }[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const together = await costOf(ROWS * 10, async () => {
        for (let at = 0; at < 10; at++) await store(db, ROWS);
      });
      const apart = await costOf(ROWS, async () => {
        for (let at = 0; at < ROWS; at++) await store(db, 1);
      });
      const disk = await costOf(ROWS, () => {
        for (let at = 0; at < ROWS; at++) {
          writeSync(file, Buffer.alloc(4096, at), 0, 4096, 0);
          fdatasyncSync(file);
        }
      });
      // the first round warms up
      if (round > 0) rounds.push({ together, apart, disk });
    }
    const of = (ratio: (one: (typeof rounds)[number]) => number): number => median(rounds.map(ratio));
    const goals: Goal[] = [
      {
        what: 'time of a durable row, one commit each : 200 in a commit (G5)',
        ratio: of(({ apart, together }) => apart.wall / together.wall),
        aim: 5,
      },
      {
        what: 'processor time of a durable row, one commit each : 200 in a commit (G5)',
        ratio: of(({ apart, together }) => apart.cpu / together.cpu),
        aim: 1,
      },
      {
        what: 'durable rows per second : fdatasync per second (G5)',
        ratio: of(({ disk, together }) => disk.wall / together.wall),
        aim: 2,
      },
    ];
    const facts = [
      { what: 'rows per second', together: of(({ together }) => 1_000 / together.wall).toFixed(0) },
    ];
    return resultOf(goals, goals[0] as Goal, 'one commit for each row', facts);
  } finally {
    closeSync(file);
    await db.close();
    rmSync(root, { recursive: true, force: true });
  }
}
