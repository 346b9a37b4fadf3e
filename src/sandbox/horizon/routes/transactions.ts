import type { Context } from 'hono';
import type { Horizon } from '../handlers.ts';
import type { Fields } from '../json.ts';
import { linksOf } from '../links.ts';
import { problem, UNSUPPORTED_MEDIA_TYPE } from '../problem.ts';
import { hal, negotiate } from '../render.ts';
import { transactionFields } from '../resources/transaction.ts';
import { resultCodes } from '../result-codes.ts';
import type { Submitted } from '../submissions.ts';

/** Form values as Go reads them: one broken escape and nothing is read. */
function formValue(body: string, name: string): string {
  if (/%(?![0-9a-fA-F]{2})/.test(body)) return '';
  return new URLSearchParams(body).get(name) ?? '';
}

async function bodyValue(c: Context, name: string): Promise<string> {
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === '') return '';
  if (type === 'application/x-www-form-urlencoded') return formValue(await c.req.text(), name);
  if (type !== 'multipart/form-data') throw problem(UNSUPPORTED_MEDIA_TYPE);
  const form = await c.req.parseBody().catch(() => ({}) as Record<string, string | File>);
  const value = form[name];
  return typeof value === 'string' ? value : '';
}

/** The envelope, from the body or else the query. */
async function envelopeParam(c: Context): Promise<string> {
  const fromBody = await bodyValue(c, 'tx');
  return fromBody === '' ? formValue(new URL(c.req.url).search.slice(1), 'tx') : fromBody;
}

const malformed = (raw: string) =>
  problem({
    type: 'transaction_malformed',
    title: 'Transaction Malformed',
    status: 400,
    detail:
      'Horizon could not decode the transaction envelope in this request. A transaction should be an XDR TransactionEnvelope ' +
      'struct encoded using base64.  The envelope read from this request is echoed in the `extras.envelope_xdr` field of this ' +
      'response for your convenience.',
    extras: { envelope_xdr: raw },
  });

function failed(raw: string, hash: string, resultXdr: string) {
  return problem({
    type: 'transaction_failed',
    title: 'Transaction Failed',
    status: 400,
    detail:
      'The transaction failed when submitted to the stellar network. The `extras.result_codes` field on this response contains ' +
      'further details.  Descriptions of each code can be found at: ' +
      'https://developers.stellar.org/api/errors/http-status-codes/horizon-specific/transaction-failed/',
    extras: { envelope_xdr: raw, result_codes: resultCodes(resultXdr, hash), result_xdr: resultXdr },
  });
}

const timedOut = (raw: string, hash: string) =>
  problem({
    type: 'timeout',
    title: 'Timeout',
    status: 504,
    detail:
      'Your request timed out before completing.  Please try your request again. If you are submitting a transaction make sure ' +
      'you are sending exactly the same transaction (with the same sequence number).',
    extras: { hash, envelope_xdr: raw },
  });

function answer(c: Context, raw: string, submitted: Submitted): Response {
  switch (submitted.state) {
    case 'applied':
      return hal(transactionFields(linksOf(c), submitted.at, submitted.hash));
    case 'failed':
      throw failed(raw, submitted.hash, submitted.resultXdr);
    case 'timeout':
      throw timedOut(raw, submitted.hash);
    case 'malformed':
      throw malformed(raw);
  }
}

const ASYNC_STATUS = { pending: 201, duplicate: 409, try_again_later: 503, error: 400 } as const;

async function submitAsync(horizon: Horizon, c: Context): Promise<Response> {
  negotiate(c, ['json']);
  const raw = await envelopeParam(c);
  const envelope = horizon.submissions.read(raw);
  if (envelope === null) throw malformed(raw);
  const outcome = horizon.network.ledger.submit(raw);
  if (outcome.status === 'malformed') throw malformed(raw);
  const body: Fields = {
    error_result_xdr: outcome.status === 'error' ? outcome.resultXdr : undefined,
    tx_status: outcome.status.toUpperCase(),
    hash: envelope.id,
  };
  // The SDKs know this field under both names.
  if (outcome.status === 'error') body['errorResultXdr'] = outcome.resultXdr;
  return hal(body, ASYNC_STATUS[outcome.status]);
}

export function transactionRoutes(horizon: Horizon): void {
  horizon.app.post('/transactions', async (c) => {
    negotiate(c, ['json']);
    const raw = await envelopeParam(c);
    return answer(c, raw, await horizon.submissions.submit(raw, c.req.raw.signal));
  });
  horizon.app.post('/transactions_async', (c) => submitAsync(horizon, c));
}
