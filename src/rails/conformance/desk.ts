import * as v from 'valibot';
import type {
  HookContext,
  Json,
  PayoutOrder,
  RailsIntegration,
  TestBank,
  TransactionContext,
  TransactionView,
} from '../../config/integrations.ts';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import { type Ids, isUuid } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { type Fault, underFault } from './faults.ts';
import type { Notes } from './report.ts';

export interface RailsCheckOptions {
  /** the other side: `pay` brings a credit, `statement` tells what was paid out, `inject` makes calls fail. Without one much stays unchecked */
  bank?: Partial<TestBank>;
  /** a new adapter on the same bank, as after a restart; default: the same one again */
  restart?: () => RailsIntegration | Promise<RailsIntegration>;
  /** answers of the user that the adapter needs, e.g. bank_account_number */
  fields?: Record<string, string>;
  /** amounts to pay out for the check of exactness, each once; default 0.29, 4.35, 19.99 and 1234.56 */
  amounts?: readonly string[];
  /** the project's own tables, for adapters that use ctx.db */
  db?: HookContext['db'];
  /** seconds that a call may take; default 10 */
  timeoutSeconds?: number;
  /** seconds that the bank may take to show a booking; default 5 */
  bookingSeconds?: number;
}

/** How one call ended. */
export type Ended<T> = { answer: T } | { invalid: string } | { threw: string } | { late: true };

/** What the checks work with: guarded calls, sample orders, the bank's statement. */
export interface Desk {
  rails: RailsIntegration;
  bank: Partial<TestBank>;
  notes: Notes;
  options: RailsCheckOptions;
  clock: Clock;
  key(): string;
  /** one that no other order of this run has */
  amount(): string;
  order(more?: { key?: string; amount?: string }): PayoutOrder;
  call<T>(
    fn: (ctx: TransactionContext) => unknown,
    schema: v.GenericSchema<unknown, T>,
    timeoutSeconds?: number,
  ): Promise<Ended<T>>;
  under<T>(fault: Fault, work: () => Promise<T>): Promise<{ outcome: T; reached: boolean }>;
  /** new payouts of this amount in the statement, once there are as many as wanted or the bank has had its time; null without a statement */
  paid(amount: string, wanted: number): Promise<number | null>;
}

export function openDesk(
  rails: RailsIntegration,
  options: RailsCheckOptions,
  notes: Notes,
  ports: { clock: Clock; ids: Ids; before: ReadonlySet<string> },
): Desk {
  const { clock, ids, before } = ports;
  const bank = options.bank ?? {};
  let cents = 600 + (ids.bytes(2).readUInt16BE() % 400);
  const desk: Desk = {
    rails,
    bank,
    notes,
    options,
    clock,
    key: () => ids.uuid(),
    amount() {
      cents += 1;
      return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
    },
    order: ({ key = desk.key(), amount = desk.amount() } = {}) => ({
      key,
      amount,
      asset: 'iso4217:USD',
      transaction: sampleView(key, amount, options.fields ?? {}),
    }),
    call: (fn, schema, seconds = options.timeoutSeconds ?? 10) =>
      guarded(clock, options, fn, schema, seconds * 1000),
    under: (fault, work) => underFault(bank, fault, work),
    async paid(amount, wanted) {
      const { statement } = bank;
      if (statement === undefined) return null;
      const until = clock.now() + (options.bookingSeconds ?? 5) * 1000;
      for (;;) {
        const lines = await statement.call(bank);
        const count = lines.filter(
          (line) => line.kind === 'payout' && !before.has(line.id) && sameAmount(line.amount, amount),
        ).length;
        if (count >= wanted || clock.now() >= until) return count;
        await clock.sleep(100);
      }
    },
  };
  return desk;
}

/** 4.3 and 4.30 are the same money. */
export const sameAmount = (a: string, b: string): boolean => plain(a) === plain(b);

const plain = (amount: string): string =>
  amount.includes('.') ? amount.replace(/0+$/, '').replace(/\.$/, '') : amount;

async function guarded<T>(
  clock: Clock,
  options: RailsCheckOptions,
  fn: (ctx: TransactionContext) => unknown,
  schema: v.GenericSchema<unknown, T>,
  timeoutMs: number,
): Promise<Ended<T>> {
  const abort = new AbortController();
  const done = new AbortController();
  const hook = hookContext(options, abort.signal);
  const late = clock.sleep(timeoutMs, done.signal).then(() => {
    abort.abort();
    return 'late' as const;
  });
  try {
    const answer = await Promise.race([
      Promise.resolve()
        .then(() => fn(hook))
        .then((value) => ({ value })),
      late,
    ]);
    if (answer === 'late') return { late: true };
    const checked = v.safeParse(schema, answer.value);
    return checked.success ? { answer: checked.output } : { invalid: v.summarize(checked.issues) };
  } catch (error) {
    return { threw: messageOf(error) };
  } finally {
    done.abort();
  }
}

function hookContext(options: RailsCheckOptions, signal: AbortSignal): TransactionContext {
  let data: Json = null;
  return {
    network: 'sandbox',
    hostUrl: 'http://localhost:8000',
    log: silentLog,
    signal,
    db: options.db as HookContext['db'],
    data: {
      get: async () => data,
      set: async (value) => {
        data = value;
      },
    },
  };
}

function sampleView(key: string, amount: string, fields: Record<string, string>): TransactionView {
  return Object.freeze({
    id: isUuid(key) ? key : '00000000-0000-4000-8000-000000000000',
    sep: '24',
    kind: 'withdrawal',
    status: 'pending_anchor',
    assetCode: 'SRT',
    assetIssuer: null,
    account: 'GAOPQBZPADGVMDLH75HT3V7MAILCVMCJP5IVXLRULDAOFY3RCSJDHZST',
    amountIn: amount,
    amountOut: amount,
    amountFee: '0',
    amountInAsset: 'stellar:SRT:GAOPQBZPADGVMDLH75HT3V7MAILCVMCJP5IVXLRULDAOFY3RCSJDHZST',
    amountOutAsset: 'iso4217:USD',
    quoteId: null,
    reference: 'CHECK123',
    fundingMethod: null,
    fields: Object.freeze({ bank_account_number: '12345678', bank_number: '12345678', ...fields }),
    lang: 'en',
    startedAt: '2026-01-01T00:00:00.000Z',
  });
}

/** The ending of a call in words. */
export function tell(ended: Ended<unknown>): string {
  if ('answer' in ended) return JSON.stringify(ended.answer);
  if ('invalid' in ended) return `an answer of another shape: ${ended.invalid.replaceAll('\n', ' ')}`;
  return 'threw' in ended ? `it threw: ${ended.threw}` : 'no answer in time';
}
