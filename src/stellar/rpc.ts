import { AnchorError } from '../kernel/errors.ts';
import { type HttpOptions, request } from './http.ts';
import { isObject, type Json } from './json.ts';

/** What is asked of a Stellar RPC server (JSON-RPC 2.0). Nothing is ever submitted through it. */
export interface StellarRpc {
  /** sequence number. @throws RPC_UNAVAILABLE (503) */
  latestLedger(): Promise<number>;
  /**
   * Runs a transaction against the latest ledger with the authorizations that it carries, and no others (`authMode: enforce`).
   *
   * @param envelope base64 XDR
   * @throws RPC_UNAVAILABLE (503) whenever it is not certain what came of it
   */
  simulate(envelope: string): Promise<Simulation>;
}

export type Simulation =
  | {
      success: true;
      latestLedger: number;
      /** entries that it needs are archived: to be applied it would have to restore them first */
      archived: boolean;
    }
  | { success: false; reason: string };

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1_000_000;
const UINT32_MAX = 4_294_967_295;
/** JSON-RPC: the server read the request and what is in it is wrong */
const INVALID_PARAMS = -32602;
const MAX_REASON_CHARS = 500;

const unavailable = (reason: string, cause?: unknown): AnchorError =>
  new AnchorError({
    code: 'RPC_UNAVAILABLE',
    message: 'The Stellar RPC server cannot be asked now. Try again in some seconds.',
    hint: `Check sep45.rpc_url or RPC_URI: ${reason}.`,
    httpStatus: 503,
    cause,
  });

/** @param url of the server; it may hold a key and is never shown */
export function createRpc(options: Pick<HttpOptions, 'fetch' | 'clock'> & { url: string }): StellarRpc {
  const call = async (method: string, params?: Json): Promise<Json> => {
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      ...(params === undefined ? {} : { params }),
    });
    const wanted = {
      url: options.url,
      method: 'POST',
      body,
      contentType: 'application/json',
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
    } as const;
    const http = { fetch: options.fetch, clock: options.clock, headers: { Accept: 'application/json' } };
    const answer = await request(http, wanted).catch((cause) => {
      throw unavailable('it does not answer', cause);
    });
    if (answer.status !== 200) throw unavailable(`it answers with status ${answer.status}`);
    return parsed(answer.text);
  };

  return {
    async latestLedger() {
      return ledgerOf(resultOf(await call('getLatestLedger')), 'sequence');
    },
    async simulate(envelope) {
      const answer = await call('simulateTransaction', { transaction: envelope, authMode: 'enforce' });
      const { error } = answer;
      if (isObject(error) && error['code'] === INVALID_PARAMS) {
        return { success: false, reason: textOf(error['message']) };
      }
      const result = resultOf(answer);
      if (result['error'] !== undefined) return { success: false, reason: textOf(result['error']) };
      const { results, transactionData, restorePreamble } = result;
      const whole = Array.isArray(results) && results.length === 1 && isObject(results[0]);
      if (!whole || typeof transactionData !== 'string' || transactionData === '') {
        throw unavailable('its answer to a simulation is not whole');
      }
      return {
        success: true,
        latestLedger: ledgerOf(result, 'latestLedger'),
        archived: isObject(restorePreamble),
      };
    },
  };
}

function parsed(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // said below
  }
  throw unavailable('its answer is no JSON object');
}

function resultOf({ result, error }: Json): Json {
  if (error !== undefined && error !== null) throw unavailable('it answers with an error');
  if (!isObject(result)) throw unavailable('its answer has no result');
  return result;
}

function ledgerOf(json: Json, name: string): number {
  const value = json[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value <= UINT32_MAX)
    return value;
  throw unavailable(`its answer has no ${name}`);
}

const textOf = (value: unknown): string => String(value).slice(0, MAX_REASON_CHARS);
