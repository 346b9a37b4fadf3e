import type { Clock } from '../kernel/clock.ts';
import { AnchorError, badInput } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import { type Log, silentLog } from '../kernel/log.ts';
import { isAccount } from '../kernel/strkey.ts';
import { createReader, latestLedgerOf } from './horizon-reader.ts';
import { type HttpOptions, request, unavailable } from './http.ts';
import { bigintAt, objectAt, recordsOf, textAt } from './json.ts';
import type { Fetch, MissingAccount, NetworkAccount, StellarNetwork, SubmitAnswer } from './port.ts';
import { readAccount, readLedger, readOperation, readTransaction } from './resources.ts';
import { readAsyncAnswer, readSubmitAnswer } from './submit.ts';

export interface HorizonOptions {
  /** Horizon's base address; a trailing slash does not matter */
  url: string;
  passphrase: string;
  /** undefined where there is no friendbot */
  friendbotUrl?: string | undefined;
  fetch: Fetch;
  clock: Clock;
  log?: Log;
  /** sent as X-Client-Version */
  version?: string;
}

export interface Horizon extends StellarNetwork {
  /** the passphrase of the network that this server is on. @throws NETWORK_UNAVAILABLE */
  serverPassphrase(): Promise<string>;
}

const HASH = /^[0-9a-f]{64}$/;

/**
 * The network through a Horizon server. Every reading either says something definite or throws NETWORK_UNAVAILABLE (its
 * `retryAfterOf` tells how long a 429 asked to wait); no reading is cached, those in flight for one account are shared.
 */
export function createHorizon(options: HorizonOptions): Horizon {
  const base = options.url.replace(/\/+$/, '');
  const log = options.log ?? silentLog;
  const http: HttpOptions = {
    fetch: options.fetch,
    clock: options.clock,
    headers: {
      Accept: 'application/json',
      'X-Client-Name': 'create-anchor',
      'X-Client-Version': options.version ?? '0.1.0',
    },
  };
  const { read, mustRead, page } = createReader(http, base, log);
  const accountsInFlight = new Map<string, Promise<NetworkAccount | MissingAccount>>();
  const readAccountOnce = async (id: string): Promise<NetworkAccount | MissingAccount> => {
    const answer = await read(`/accounts/${id}`);
    if ('missing' in answer) return { id, missing: true, ledger: latestLedgerOf(answer.headers) };
    const account = readAccount(answer.json, latestLedgerOf(answer.headers));
    if (account.id !== id) throw unavailable('it answered for another account');
    return account;
  };

  let asyncKnown = true;
  const post = async (path: string, envelopeXdr: string, timeoutMs: number) => {
    const body = `tx=${encodeURIComponent(envelopeXdr)}`;
    try {
      return await request(http, { url: base + path, method: 'POST', body, timeoutMs });
    } catch (error) {
      if (!AnchorError.is(error) || error.code !== 'NETWORK_UNAVAILABLE') throw error;
      return { status: 'unknown', reason: error.message } as const;
    }
  };
  const send = async (envelopeXdr: string): Promise<SubmitAnswer> => {
    const answer = await post('/transactions', envelopeXdr, limits.submitTimeoutMs);
    return 'reason' in answer ? answer : readSubmitAnswer(answer, options.clock.now());
  };

  return {
    passphrase: options.passphrase,
    async account(id) {
      checkAccount(id);
      const running = accountsInFlight.get(id);
      if (running !== undefined) return running;
      const started = readAccountOnce(id).finally(() => accountsInFlight.delete(id));
      accountsInFlight.set(id, started);
      return started;
    },
    async latestLedger() {
      const [newest] = recordsOf(await mustRead('/ledgers?order=desc&limit=1'));
      if (newest === undefined) throw unavailable('it has no ledger yet');
      return readLedger(newest);
    },
    async ledgerAt(sequence) {
      const answer = await read(`/ledgers/${Math.max(1, Math.trunc(sequence))}`);
      if (!('missing' in answer)) return readLedger(answer.json);
      if (answer.gone) throw ledgerForgotten(sequence);
      return null;
    },
    async feeStats() {
      const json = await mustRead('/fee_stats');
      const charged = objectAt(json, 'fee_charged');
      return {
        baseFee: bigintAt(json, 'last_ledger_base_fee'),
        modeFee: bigintAt(charged, 'mode'),
        p90Fee: bigintAt(charged, 'p90'),
        capacityUsage: Number(textAt(json, 'ledger_capacity_usage')),
      };
    },
    submit: (envelopeXdr) => send(envelopeXdr),
    async submitAsync(envelopeXdr) {
      if (!asyncKnown) return send(envelopeXdr);
      const answer = await post('/transactions_async', envelopeXdr, limits.horizonTimeoutMs);
      const read = 'reason' in answer ? answer : readAsyncAnswer(answer, options.clock.now());
      if (read !== null) return read;
      asyncKnown = false;
      log.info('horizon_without_async', { url: base });
      return send(envelopeXdr);
    },
    async transaction(hash) {
      if (!HASH.test(hash)) throw badInput('HASH_INVALID', 'A transaction hash has 64 hexadecimal digits.');
      const answer = await read(`/transactions/${hash}`);
      return 'missing' in answer ? null : readTransaction(answer.json);
    },
    async operations(account, cursor, limit) {
      const query = pageQuery(cursor, limit, 'include_failed=false&join=transactions');
      return (await page(`/accounts/${checkAccount(account)}/operations?${query}`)).map(readOperation);
    },
    async transactions(account, cursor, limit) {
      const query = pageQuery(cursor, limit, 'include_failed=true');
      return (await page(`/accounts/${checkAccount(account)}/transactions?${query}`)).map(readTransaction);
    },
    async recentTransactions(account, limit) {
      const query = `order=desc&limit=${limit}&include_failed=true`;
      return (await page(`/accounts/${checkAccount(account)}/transactions?${query}`)).map(readTransaction);
    },
    async effects(operationId) {
      if (!/^\d{1,20}$/.test(operationId))
        throw badInput('OPERATION_ID_INVALID', 'An operation id is a number.');
      return recordsOf(await mustRead(`/operations/${operationId}/effects?order=asc&limit=200`));
    },
    async lastCursor(account) {
      const query = 'order=desc&limit=1&include_failed=true';
      const [newest] = await page(`/accounts/${checkAccount(account)}/operations?${query}`);
      return newest === undefined ? null : textAt(newest, 'paging_token');
    },
    async fund(account) {
      await askFriendbot(http, options.friendbotUrl, checkAccount(account), () => readAccountOnce(account));
    },
    async serverPassphrase() {
      return textAt(await mustRead('/'), 'network_passphrase');
    },
  };
}

const ledgerForgotten = (sequence: number): AnchorError =>
  new AnchorError({
    code: 'LEDGER_FORGOTTEN',
    message: `The Horizon server does not keep ledger ${sequence} any more.`,
    hint: 'Set HORIZON_URI to a server that keeps the whole history.',
    httpStatus: 503,
  });

function checkAccount(id: string): string {
  if (!isAccount(id)) throw badInput('ACCOUNT_INVALID', 'This is not a valid Stellar address.');
  return id;
}

function pageQuery(cursor: string | null, limit: number, rest: string): string {
  const from = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
  return `order=asc&limit=${Math.min(Math.max(1, limit), limits.pageLimitMax)}${from}&${rest}`;
}

/** A refusal counts as done where the account exists: friendbot answers 400 for one that is funded already. */
async function askFriendbot(
  http: HttpOptions,
  url: string | undefined,
  account: string,
  readBack: () => Promise<NetworkAccount | MissingAccount>,
): Promise<void> {
  const failed = (reason: string, cause?: unknown): AnchorError =>
    new AnchorError({
      code: 'FRIENDBOT_UNAVAILABLE',
      message: `Friendbot did not fund ${account}: ${reason}.`,
      hint: 'Fund the account from another one, or try again later; anchor setup goes on where it stopped.',
      httpStatus: 503,
      cause,
    });
  if (url === undefined) throw failed('this network has none');
  const separator = url.includes('?') ? '&' : '?';
  const asked = await request(http, {
    url: `${url}${separator}addr=${account}`,
    timeoutMs: limits.submitTimeoutMs,
  }).catch((cause: unknown) => {
    throw failed('it cannot be reached', cause);
  });
  if (asked.status === 200) return;
  const now = await readBack();
  if ('missing' in now) throw failed(`it answered ${asked.status}`);
}
