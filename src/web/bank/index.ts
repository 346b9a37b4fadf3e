import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { TestBank } from '../../config/integrations.ts';
import { formatAmount, parsePositiveAmount } from '../../kernel/amounts.ts';
import { AnchorError, badInput, notFound } from '../../kernel/errors.ts';
import { isUuid } from '../../kernel/ids.ts';
import { limits } from '../../kernel/limits.ts';
import type { AnchorContext } from '../../transfers/index.ts';
import { htmlResponse, jsonResponse, redirectResponse } from '../headers.ts';
import { renderPage } from '../render.ts';
import { refuseForeignOrigin } from '../request.ts';

/**
 * `/bank`: the counter of the test bank, where a customer pays a deposit with its reference and sees the anchor's statement.
 * It exists where the integrations name a test bank, and never on the public network; the lists are for the sandbox alone.
 */
export function bankRoutes(ctx: AnchorContext): Hono {
  const app = new Hono();
  const bank = ctx.project.integrations.testBank;
  if (bank === undefined || ctx.project.network.name === 'public') return app;
  app.use(
    '/bank/*',
    bodyLimit({
      maxSize: limits.bodyBytes,
      onError: () => jsonResponse({ error: 'The request is too large.' }, 413),
    }),
  );
  app.get('/bank', (c) => bankPage(ctx, bank, prefilled(c)));
  app.post('/bank/pay', (c) => pay(ctx, bank, c));
  return app;
}

interface Counter {
  reference: string;
  amount: string;
  fault?: string;
  paid?: string;
}

function prefilled(c: Context): Counter {
  const brief = (name: string) => (c.req.query(name) ?? '').slice(0, 60);
  return { reference: brief('reference'), amount: brief('amount'), paid: brief('paid') };
}

async function bankPage(
  ctx: AnchorContext,
  bank: TestBank,
  counter: Counter,
  status = 200,
): Promise<Response> {
  const open = ctx.project.network.name === 'sandbox';
  const statement = open ? (await bank.statement()).slice(-20).reverse() : [];
  const waiting = open ? await waitingDeposits(ctx) : [];
  return htmlResponse(
    renderPage(ctx, 'bank', { title: 'Test bank', counter, statement, waiting, open, wide: open }),
    { status },
  );
}

async function waitingDeposits(
  ctx: AnchorContext,
): Promise<{ reference: string; amount: string; since: string }[]> {
  const rows = await ctx.db.read
    .selectFrom('transactions')
    .select(['reference', 'amount_in_units', 'amount_expected_units', 'started_at'])
    .where('kind', '=', 'deposit')
    .where('status', '=', 'pending_user_transfer_start')
    .orderBy('started_at', 'desc')
    .limit(20)
    .execute();
  return rows.map((row) => ({
    reference: row.reference,
    amount: formatAmount(row.amount_in_units ?? row.amount_expected_units ?? 0n),
    since: row.started_at,
  }));
}

async function pay(ctx: AnchorContext, bank: TestBank, c: Context): Promise<Response> {
  const machine = (c.req.header('content-type') ?? '').includes('application/json');
  let counter: Counter = { reference: '', amount: '' };
  try {
    refuseForeignOrigin(ctx, c);
    const input = await fields(c);
    counter = { reference: input['reference'] ?? '', amount: input['amount'] ?? '' };
    const reference = input['transaction_id']
      ? await referenceOf(ctx, input['transaction_id'])
      : counter.reference.trim();
    if (!/^[\w -]{1,60}$/.test(reference))
      throw badInput('BANK_REFERENCE_INVALID', 'The bank needs the reference that the anchor gave you.');
    const amount = formatAmount(parsePositiveAmount(counter.amount.trim(), 2), 2);
    const id = await bank.pay({ amount, reference, from: 'Test customer' });
    ctx.log.info('test_bank_paid', { credit: id, reference, amount });
    if (machine) return jsonResponse({ id, amount, reference });
    return redirectResponse(`/bank?paid=${encodeURIComponent(`${amount} with reference ${reference}`)}`, 303);
  } catch (error) {
    if (!AnchorError.is(error) || error.httpStatus >= 500) throw error;
    if (machine) return jsonResponse({ error: error.message }, error.httpStatus);
    return bankPage(ctx, bank, { ...counter, fault: error.message }, error.httpStatus);
  }
}

/** @throws BODY_INVALID (400) */
async function fields(c: Context): Promise<Record<string, string>> {
  let raw: unknown;
  try {
    const json = (c.req.header('content-type') ?? '').includes('application/json');
    raw = json ? await c.req.json() : await c.req.parseBody();
  } catch {
    throw badInput('BODY_INVALID', 'The request body cannot be read.');
  }
  if (typeof raw !== 'object' || raw === null)
    throw badInput('BODY_INVALID', 'The request body must be an object.');
  const texts = Object.entries(raw).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.assign(
    Object.create(null),
    Object.fromEntries(texts.map(([name, value]) => [name, value.slice(0, 100)])),
  );
}

async function referenceOf(ctx: AnchorContext, id: string): Promise<string> {
  const row = isUuid(id)
    ? await ctx.db.read.selectFrom('transactions').select('reference').where('id', '=', id).executeTakeFirst()
    : undefined;
  if (row === undefined) throw notFound('TRANSACTION_UNKNOWN', 'The bank knows no such deposit.');
  return row.reference;
}
