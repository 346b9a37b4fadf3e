import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemIds } from '../../kernel/ids.ts';
import type { LedgerRow } from '../horizon/history/rows.ts';
import type { ResetOptions, SandboxLedger } from '../ledger/ports.ts';
import type { LedgerHeader, NetworkSettings } from '../ledger/types.ts';
import { stateUnusable } from '../options.ts';
import { decode, encode } from './codec.ts';
import { lock } from './lock.ts';
import { LogFile } from './log-file.ts';
import { SnapshotFile, TipFile } from './side-files.ts';

const FORMAT = 1;

/** The first line: which network this is and how it began. */
interface StartRecord {
  kind: 'start';
  format: number;
  id: string;
  settings: NetworkSettings;
  reset: ResetOptions;
  header: LedgerHeader;
}

/** A ledger with transactions; empty ones are not kept one by one. */
interface LedgerRecord {
  kind: 'ledger';
  row: LedgerRow;
}

type Entry = { record: StartRecord | LedgerRecord; end: number };

export interface Loaded {
  /** of the first ledger */
  header: LedgerHeader;
  rows: LedgerRow[];
}

/** A snapshot is written when the log grew by twice the size of the last one, so both cost about the same. */
const LEAST_SNAPSHOT_BYTES = 128_000;

/** The state of a sandbox in a file `F`, beside it `F-tip`, `F-snapshot` and, while in use, `F-lock`. */
export class Store {
  private readonly path: string;
  private readonly settings: NetworkSettings;
  private readonly unlock: () => void;
  private readonly log: LogFile;
  private readonly tip: TipFile;
  private readonly snapshots: SnapshotFile;
  private entries: Entry[] = [];
  private id = '';
  private snapshotAt = 0;
  private snapshotBytes = LEAST_SNAPSHOT_BYTES;

  /** @throws SANDBOX_STATE_IN_USE, SANDBOX_STATE_UNUSABLE */
  constructor(path: string, settings: NetworkSettings, reset: boolean) {
    this.path = path;
    this.settings = settings;
    mkdirSync(dirname(path), { recursive: true });
    this.unlock = lock(`${path}-lock`);
    this.tip = new TipFile(`${path}-tip`);
    this.snapshots = new SnapshotFile(`${path}-snapshot`);
    try {
      this.log = reset
        ? LogFile.openUnread(path)
        : LogFile.open(path, (text, end) => {
            this.entries.push({ record: decode(text) as Entry['record'], end });
          });
    } catch (error) {
      this.unlock();
      throw error;
    }
  }

  /** Brings the ledger to where the file left it; null when the file is new. */
  load(ledger: SandboxLedger): Loaded | null {
    const [first, ...rest] = this.entries;
    this.entries = [];
    if (first === undefined) return null;
    const start = first.record;
    if (start.kind !== 'start' || start.format !== FORMAT)
      throw stateUnusable(this.path, 'its format is unknown');
    if (start.settings.passphrase !== this.settings.passphrase) {
      throw stateUnusable(this.path, 'it belongs to a network with another passphrase');
    }
    if (start.settings.protocolVersion !== this.settings.protocolVersion) {
      throw stateUnusable(this.path, 'it belongs to a network with another protocol version');
    }
    this.id = start.id;
    const saved = this.snapshots.read(this.id);
    if (saved === null) ledger.reset(start.reset);
    else ledger.restore(saved.snapshot);
    const from = saved?.offset ?? first.end;
    const rows: LedgerRow[] = [];
    for (const { record, end } of rest) {
      if (record.kind !== 'ledger') throw stateUnusable(this.path, 'it holds two networks');
      rows.push(record.row);
      if (end > from) this.applyAgain(ledger, record.row);
    }
    this.snapshotAt = from;
    this.catchUp(ledger);
    return { header: start.header, rows };
  }

  private applyAgain(ledger: SandboxLedger, row: LedgerRow): void {
    const { sequence, closeTime } = row.header;
    const transactions = row.transactions.map((transaction) => transaction.envelopeXdr);
    const closed = ledger.close({ sequence, closeTime, transactions });
    const same = closed.transactions.every(
      (transaction, index) => transaction.resultXdr === row.transactions[index]?.resultXdr,
    );
    if (!same) throw stateUnusable(this.path, 'it was made by another version of these rules');
  }

  /** Time went on in empty ledgers: one stands for all of them. */
  private catchUp(ledger: SandboxLedger): void {
    const tip = this.tip.read(this.id);
    if (tip !== null && tip.sequence > ledger.header.sequence) {
      ledger.close({ sequence: tip.sequence, closeTime: tip.closeTime, transactions: [] });
    }
  }

  /** Begins a new network in the file. */
  begin(reset: ResetOptions, header: LedgerHeader): void {
    this.snapshots.remove();
    this.tip.remove();
    this.log.clear();
    this.id = systemIds.uuid();
    this.append({ kind: 'start', format: FORMAT, id: this.id, settings: this.settings, reset, header });
    this.snapshotAt = this.log.size;
  }

  /** Called when a ledger is closed, before anyone hears of it. */
  add(row: LedgerRow, ledger: SandboxLedger): void {
    const { sequence, closeTime } = row.header;
    if (row.transactions.length === 0) {
      this.tip.write({ id: this.id, sequence, closeTime });
      return;
    }
    this.append({ kind: 'ledger', row });
    if (this.log.size - this.snapshotAt > this.snapshotBytes * 2) this.save(ledger);
  }

  private append(record: StartRecord | LedgerRecord): void {
    this.log.append(encode(record));
  }

  private save(ledger: SandboxLedger): void {
    const saved = { id: this.id, offset: this.log.size, snapshot: ledger.snapshot() };
    this.snapshotBytes = Math.max(LEAST_SNAPSHOT_BYTES, this.snapshots.write(saved));
    this.snapshotAt = this.log.size;
  }

  /** Saves a snapshot and lets go of the files. */
  close(ledger: SandboxLedger): void {
    this.save(ledger);
    this.release();
  }

  release(): void {
    this.log.close();
    this.tip.close();
    this.unlock();
  }
}
