import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BankCredit, BankFault, TestBank } from '../../config/integrations.ts';
import { formatAmount, parsePositiveAmount } from '../../kernel/amounts.ts';
import { type Clock, isoTime, systemClock } from '../../kernel/clock.ts';
import { AnchorError, badInput } from '../../kernel/errors.ts';
import { type Ids, systemIds } from '../../kernel/ids.ts';

/** One line of the bank's book: money that came in, or a payout that the anchor ordered. */
interface Line {
  kind: 'credit' | 'payout';
  id: string;
  /** the anchor's own key of a payout */
  key?: string;
  at: string;
  amount: string;
  reference: string;
  counterparty: string;
}

/** A bank account to try things out with: no money, no network, but a bank's manners (ids, references, idempotency keys). */
export interface FakeBank extends TestBank {
  inject(fault: BankFault): () => void;
  /** credits after `cursor` (null: from the first), oldest first, and the cursor to hand in next time */
  creditsSince(cursor: string | null): Promise<{ credits: BankCredit[]; cursor: string | null }>;
  /** orders a payout; the same key again answers the first order and pays nothing more */
  send(order: {
    key: string;
    amount: string;
    to: string;
    reference?: string;
  }): Promise<{ id: string; amount: string }>;
  /** the payout with this key, or null when the bank never heard of it */
  find(key: string): Promise<{ id: string; amount: string } | null>;
}

/**
 * A fake bank kept in one file, one JSON line per booking, so that several processes can use it at once: lines are only
 * ever appended, and of several payouts with one key the first counts.
 *
 * @param file path, or file URL such as `new URL('./data/fake-bank.jsonl', import.meta.url)`; the environment variable
 *   ANCHOR_FAKE_BANK moves it elsewhere, so that a test does not write into the book of the running anchor
 */
export function fakeBank(file: string | URL, ports: { clock?: Clock; ids?: Ids } = {}): FakeBank {
  const path = resolve(
    process.env['ANCHOR_FAKE_BANK'] ?? (typeof file === 'string' ? file : fileURLToPath(file)),
  );
  const clock = ports.clock ?? systemClock;
  const ids = ports.ids ?? systemIds;

  const append = (line: Line) => {
    mkdirSync(dirname(path), { recursive: true });
    // A new line first, so that a line torn by a crash cannot swallow this one.
    appendFileSync(path, `\n${JSON.stringify(line)}\n`);
  };
  const book = (): Line[] => effective(readLines(path));
  let fault: BankFault | null = null;
  /** What the anchor calls goes wrong as `inject` says. */
  const wire = async <T>(work: () => T): Promise<T> => {
    if (fault === 'refused') throw broken('The connection was refused.');
    const answer = work();
    if (fault === 'lost') throw broken('The connection was lost before the answer came.');
    return answer;
  };
  const payoutOf = (key: string) => book().find((line) => line.kind === 'payout' && line.key === key) ?? null;

  return {
    async pay({ amount, reference, from }) {
      const id = `C-${ids.uuid()}`;
      append({
        kind: 'credit',
        id,
        at: isoTime(clock.now()),
        amount: money(amount),
        reference,
        counterparty: from ?? 'Customer',
      });
      return id;
    },
    inject(given) {
      fault = given;
      return () => {
        fault = null;
      };
    },
    creditsSince: (cursor) =>
      wire(() => {
        const credits = book().filter((line) => line.kind === 'credit');
        const from = cursor === null ? 0 : credits.findIndex((line) => line.id === cursor) + 1;
        const fresh = credits.slice(from);
        return {
          credits: fresh.map(({ id, amount, reference, counterparty, at }) => ({
            id,
            amount,
            reference,
            from: counterparty,
            at,
          })),
          cursor: fresh.at(-1)?.id ?? cursor,
        };
      }),
    send: ({ key, amount, to, reference }) =>
      wire(() => {
        if (key === '') throw badInput('BANK_KEY_MISSING', 'A payout needs a key.');
        const known = payoutOf(key);
        if (known === null) {
          const line: Line = {
            kind: 'payout',
            id: `P-${ids.uuid()}`,
            key,
            at: isoTime(clock.now()),
            amount: money(amount),
            reference: reference ?? '',
            counterparty: to,
          };
          append(line);
        }
        const counted = payoutOf(key) as Line;
        return { id: counted.id, amount: counted.amount };
      }),
    find: (key) =>
      wire(() => {
        const line = payoutOf(key);
        return line === null ? null : { id: line.id, amount: line.amount };
      }),
    async statement() {
      return book().map(({ kind, id, at, amount, reference, counterparty }) => ({
        kind,
        id,
        at,
        amount,
        reference,
        counterparty,
      }));
    },
  };
}

const broken = (message: string): AnchorError => new AnchorError({ code: 'BANK_UNREACHABLE', message });

/** The bank counts whole cents. @throws AMOUNT_* (400) */
function money(amount: string): string {
  return formatAmount(parsePositiveAmount(amount, 2), 2);
}

/** A line cut off by a crash is passed over: nobody was told of it. */
function readLines(path: string): Line[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
}

function effective(lines: Line[]): Line[] {
  const seen = new Set<string>();
  return lines.filter((line) => {
    if (line.kind !== 'payout' || line.key === undefined) return true;
    if (seen.has(line.key)) return false;
    seen.add(line.key);
    return true;
  });
}
