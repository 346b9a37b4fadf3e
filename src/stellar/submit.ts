import { type Answer, retryAfterMs } from './http.ts';
import { isObject, type Json } from './json.ts';
import type { SubmitAnswer } from './port.ts';

/**
 * What an answer to `POST /transactions` says. Only a 200 that names ledger and result is final. A 400 with result codes is
 * `refused`: it may come from the door or from a ledger, so it proves nothing (R4). Everything else is `unknown`.
 *
 * @param now milliseconds since 1970
 */
export function readSubmitAnswer(answer: Answer, now: number): SubmitAnswer {
  if (answer.status === 429) return { status: 'throttled', retryAfterMs: retryAfterMs(answer.headers, now) };
  const json = parse(answer.text);
  if (answer.status === 200) return readApplied(json);
  if (answer.status === 400 && json !== null) return readRefused(json);
  return { status: 'unknown', reason: `the network answered ${answer.status}` };
}

/**
 * What an answer to `POST /transactions_async` says; null where the server does not know the endpoint or has switched it off.
 *
 * @param now milliseconds since 1970
 */
export function readAsyncAnswer(answer: Answer, now: number): SubmitAnswer | null {
  if ([403, 404, 405, 501].includes(answer.status)) return null;
  const json = parse(answer.text);
  switch (json?.['tx_status']) {
    case 'PENDING':
    case 'DUPLICATE':
      return { status: 'queued' };
    case 'TRY_AGAIN_LATER':
      return { status: 'busy' };
    case 'ERROR': {
      const resultXdr = [json['error_result_xdr'], json['errorResultXdr']].find(
        (one) => typeof one === 'string',
      );
      if (typeof resultXdr !== 'string') return { status: 'unknown', reason: 'an error without its result' };
      return { status: 'refused', transactionCode: codeOf(resultXdr), operationCodes: [], resultXdr };
    }
    default:
      return readSubmitAnswer(answer, now);
  }
}

/** Horizon's names of TransactionResultCode, by the code negated. */
const CODES = [
  'tx_success',
  'tx_failed',
  'tx_too_early',
  'tx_too_late',
  'tx_missing_operation',
  'tx_bad_seq',
  'tx_bad_auth',
  'tx_insufficient_balance',
  'tx_no_source_account',
  'tx_insufficient_fee',
  'tx_bad_auth_extra',
  'tx_internal_error',
  'tx_not_supported',
  'tx_fee_bump_inner_failed',
  'tx_bad_sponsorship',
  'tx_bad_minseq_age_or_gap',
  'tx_malformed',
  'tx_soroban_invalid',
];
const INNER_FAILED = -13;

/** The code of a TransactionResult; of a fee bump around a bad transaction, that one's. */
function codeOf(resultXdr: string): string {
  const bytes = Buffer.from(resultXdr, 'base64');
  const outer = bytes.length < 12 ? 1 : bytes.readInt32BE(8);
  // fee, code, hash of the inner transaction, its fee, its code
  const code = outer === INNER_FAILED && bytes.length >= 56 ? bytes.readInt32BE(52) : outer;
  return CODES[-code] ?? `tx_unknown_${code}`;
}

function readApplied(json: Json | null): SubmitAnswer {
  const good =
    json !== null &&
    typeof json['hash'] === 'string' &&
    Number.isSafeInteger(json['ledger']) &&
    (json['ledger'] as number) > 0 &&
    typeof json['successful'] === 'boolean' &&
    typeof json['result_xdr'] === 'string';
  if (!good) return { status: 'unknown', reason: 'the network answered without a result' };
  return {
    status: 'applied',
    hash: json['hash'] as string,
    successful: json['successful'] as boolean,
    ledger: json['ledger'] as number,
    resultXdr: json['result_xdr'] as string,
  };
}

function readRefused(problem: Json): SubmitAnswer {
  const extras = isObject(problem['extras']) ? problem['extras'] : {};
  const codes = isObject(extras['result_codes']) ? extras['result_codes'] : {};
  const resultXdr = typeof extras['result_xdr'] === 'string' ? extras['result_xdr'] : null;
  if (typeof codes['transaction'] === 'string') {
    const operations = Array.isArray(codes['operations']) ? codes['operations'] : [];
    const inner = codes['inner_transaction'];
    const bumped = codes['transaction'] === 'tx_fee_bump_inner_failed' && typeof inner === 'string';
    return {
      status: 'refused',
      transactionCode: bumped ? inner : codes['transaction'],
      operationCodes: operations.filter((code): code is string => typeof code === 'string'),
      resultXdr,
    };
  }
  if (String(problem['type']).endsWith('transaction_malformed')) {
    return { status: 'refused', transactionCode: 'tx_malformed', operationCodes: [], resultXdr };
  }
  return { status: 'unknown', reason: 'the network answered 400 without result codes' };
}

function parse(text: string): Json | null {
  try {
    const value = JSON.parse(text) as unknown;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
