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

function readApplied(json: Json | null): SubmitAnswer {
  const good =
    json !== null &&
    typeof json['hash'] === 'string' &&
    typeof json['ledger'] === 'number' &&
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
    return {
      status: 'refused',
      transactionCode: codes['transaction'],
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
