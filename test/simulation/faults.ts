import type { LookupFault, PayoutFault, PollFault } from './bank.ts';
import type { DatabaseFault } from './database.ts';
import type { NetFault } from './network.ts';
import type { Random } from './random.ts';

/** Rows of the fault matrix (reliability.md, section 4) that apply inside of one process. */
export const ROWS = [
  'F1',
  'F2',
  'F3',
  'F4',
  'F5',
  'F6',
  'F7',
  'F8',
  'F10',
  'F11',
  'F12',
  'F13',
  'F14',
  'F15',
  'F16',
  'F18',
  'F21',
  'F22',
] as const;

export type Row = (typeof ROWS)[number];

/** Where a fault strikes. */
export type Port =
  | 'read'
  | 'page'
  | 'submit'
  | 'db.read'
  | 'db.write'
  | 'db.commit'
  | 'bank.poll'
  | 'bank.payout'
  | 'bank.lookup';

interface Kind {
  row: Row;
  port: Port;
  kind: string;
  weight: number;
}

const of = (row: Row, port: Port, weight: number, kinds: readonly string[]): Kind[] =>
  kinds.map((kind) => ({ row, port, kind, weight }));

const WIRE = [
  'refused',
  'dns',
  'tls',
  'hang',
  'html',
  'empty',
  'reset',
  'truncated',
  'status_429',
  'status_429_wait',
  'status_500',
  'status_502',
  'status_503',
  'status_504',
];

/** Faults that strike single calls. */
export const KINDS: readonly Kind[] = [
  ...of('F2', 'read', 1, WIRE),
  ...of('F2', 'page', 1, WIRE),
  ...of('F2', 'submit', 1, WIRE),
  ...of('F3', 'submit', 5, ['lost', 'lost_504']),
  ...of('F4', 'submit', 4, ['false_bad_seq', 'false_failed', 'duplicate', 'try_again_later']),
  ...of('F5', 'submit', 4, ['late', 'never']),
  ...of('F6', 'submit', 3, ['false_too_late']),
  ...of('F8', 'page', 3, ['page_twice', 'page_disorder', 'page_empty', 'page_old']),
  ...of('F13', 'db.read', 1, ['busy', 'ioerr']),
  ...of('F13', 'db.write', 1, ['busy', 'full', 'ioerr']),
  ...of('F13', 'db.commit', 2, ['commit_lost', 'commit_applied']),
  ...of('F16', 'bank.poll', 1, [
    'throws',
    'hangs',
    'garbage',
    'repeats',
    'disorder',
    'bad_entry',
    'same_twice',
    'huge',
  ]),
  ...of('F16', 'bank.payout', 2, ['throws_before', 'throws_after', 'hangs_before', 'hangs_after', 'late']),
  ...of('F16', 'bank.payout', 1, [
    'garbage_before',
    'garbage_after',
    'accepts',
    'accepts',
    'completes_then_returns',
  ]),
  ...of('F16', 'bank.payout', 0.4, [
    'rejects',
    'rejects_then_pays',
    'accepts_then_rejects',
    'accepts_then_returns',
  ]),
  ...of('F16', 'bank.lookup', 1, ['throws', 'hangs', 'garbage']),
];

const FELT_MS = 5_000;

interface Window {
  from: number;
  to: number;
  port: Port;
  row: Row;
  kind: string;
  probability: number;
}

/** Faults that last: what is wrong with the world itself for a while. */
export interface Spell {
  from: number;
  to: number;
  row: Row;
  kind: 'lag' | 'alternate' | 'surge' | 'stall' | 'clock';
  /** ledgers, fee multiplier, milliseconds of skew */
  size: number;
  /** process that it is about */
  process?: string | undefined;
}

/** Which faults strike when: drawn from the seed before the run begins, and struck while it goes on. */
export class Faults {
  /** by `row kind` */
  readonly counts = new Map<string, number>();
  readonly #random: Random;
  readonly #felt = new Map<Spell, number>();
  readonly #windows: Window[] = [];
  readonly spells: Spell[] = [];
  /** milliseconds since 1970 after which all is well */
  readonly until: number;
  readonly #calm: number;

  /** @param options.density of single faults; 0 for none at all */
  constructor(random: Random, from: number, until: number, options: { density: number; clocks: boolean }) {
    const { density } = options;
    this.#random = random;
    this.until = density === 0 ? from : until;
    this.#calm = 0.01 * density;
    if (density === 0) return;
    const count = random.int(2, 6) + Math.round(density);
    for (let i = 0; i < count; i++) {
      const { port, kind, row } = random.weighted(KINDS.map((one) => [one, one.weight] as const));
      const start = from + random.int(0, Math.floor((until - from) * 0.8));
      const rare = port.startsWith('db.');
      this.#windows.push({
        from: start,
        to: Math.min(until, start + random.int(5_000, 60_000)),
        port,
        row,
        kind,
        probability: (rare ? 0.03 : random.pick([0.2, 0.5, 1])) * Math.min(1, density),
      });
    }
    this.#drawSpells(random, from, until, options.clocks);
  }

  #drawSpells(random: Random, from: number, until: number, clocks: boolean): void {
    const spell = (row: Row, kind: Spell['kind'], size: number, process?: string): void => {
      const start = from + random.int(0, Math.floor((until - from) * 0.7));
      this.spells.push({
        row,
        kind,
        size,
        process,
        from: start,
        to: Math.min(until, start + random.int(15_000, 90_000)),
      });
    };
    if (random.chance(0.35)) spell('F3', 'lag', random.int(1, 20));
    if (random.chance(0.25)) {
      spell('F7', 'alternate', random.int(1, 12));
    }
    if (random.chance(0.25)) spell('F6', 'surge', random.pick([2, 10, 100, 1_000]));
    if (random.chance(0.15)) spell('F14', 'stall', 0);
    if (clocks && random.chance(0.25))
      spell(
        'F14',
        'clock',
        random.pick([-3_600_000, 3_600_000, -30_000, 45_000]),
        random.pick(['w1', 'w2', 'api']),
      );
  }

  #hit(row: Row, kind: string, now: number): void {
    this.count(row, kind);
    let active = 0;
    for (const one of this.#windows) if (one.from <= now && now < one.to) active += 1;
    for (const one of this.spells) if (one.from <= now && now < one.to) active += 1;
    if (active >= 2) this.count('F22', 'together');
  }

  count(row: Row, kind: string): void {
    const name = `${row} ${kind}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  #draw(port: Port, now: number): string | null {
    if (now >= this.until) return null;
    for (const one of this.#windows) {
      if (one.port !== port || now < one.from || now >= one.to) continue;
      if (!this.#random.chance(one.probability)) continue;
      this.#hit(one.row, `${port} ${one.kind}`, now);
      return one.kind;
    }
    const rare = port === 'db.read' || port === 'db.write' ? 0.05 : port === 'db.commit' ? 0.3 : 1;
    if (!this.#random.chance(this.#calm * rare)) return null;
    const kinds = KINDS.filter((one) => one.port === port);
    const { row, kind } = this.#random.weighted(kinds.map((one) => [one, one.weight] as const));
    this.#hit(row, `${port} ${kind}`, now);
    return kind;
  }

  net(port: 'read' | 'page' | 'submit', now: number): NetFault {
    return this.#draw(port, now) as NetFault;
  }

  database(what: 'read' | 'write' | 'commit', now: number): DatabaseFault {
    return this.#draw(`db.${what}`, now) as DatabaseFault;
  }

  poll(now: number): PollFault {
    return this.#draw('bank.poll', now) as PollFault;
  }

  payout(now: number): PayoutFault {
    return this.#draw('bank.payout', now) as PayoutFault;
  }

  lookup(now: number): LookupFault {
    return this.#draw('bank.lookup', now) as LookupFault;
  }

  /** The spell of this kind that holds now. */
  spell(kind: Spell['kind'], now: number, process?: string): Spell | null {
    for (const one of this.spells) {
      if (one.kind !== kind || now < one.from || now >= one.to) continue;
      if (one.process === undefined || one.process === process) return one;
    }
    return null;
  }

  /** A spell that made a difference; told once in a while, not for each call. */
  felt(spell: Spell, now: number): void {
    const last = this.#felt.get(spell) ?? Number.NEGATIVE_INFINITY;
    if (now - last < FELT_MS) return;
    this.#felt.set(spell, now);
    this.#hit(spell.row, spell.kind, now);
  }
}
