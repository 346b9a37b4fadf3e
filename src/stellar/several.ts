import { AnchorError } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { StellarNetwork, SubmitAnswer } from './port.ts';

const isUnavailable = (error: unknown): boolean =>
  AnchorError.is(error) && (error.code === 'NETWORK_UNAVAILABLE' || error.code === 'LEDGER_FORGOTTEN');

/**
 * Several servers of one network as one. The first is asked; where it says nothing definite, the next. What one of them does not know is
 * not asked of the others: a lagging server proves nothing, and the engine relies on no absence but the one that all `servers` agree on
 * (reliability R4, F7).
 */
export function severalServers(
  first: StellarNetwork,
  others: readonly StellarNetwork[],
  log: Pick<Log, 'warn'>,
): StellarNetwork {
  if (others.length === 0) return first;
  const servers = [first, ...others];
  const ask = async <T>(read: (server: StellarNetwork) => Promise<T>): Promise<T> => {
    let fault: unknown;
    for (const [at, server] of servers.entries()) {
      try {
        return await read(server);
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        // the first one's fault is the one to mend
        fault ??= error;
        log.warn('server_unavailable', { server: at + 1, of: servers.length });
      }
    }
    throw fault;
  };
  // the same envelope may be given to every server: the ledger takes it once
  const send = async (give: (server: StellarNetwork) => Promise<SubmitAnswer>): Promise<SubmitAnswer> => {
    let last: SubmitAnswer = { status: 'unknown', reason: 'no server' };
    for (const server of servers) {
      last = await give(server);
      if (last.status !== 'unknown' && last.status !== 'throttled') return last;
    }
    return last;
  };
  return {
    passphrase: first.passphrase,
    servers,
    account: (id) => ask((server) => server.account(id)),
    latestLedger: () => ask((server) => server.latestLedger()),
    ledgerAt: (sequence) => ask((server) => server.ledgerAt(sequence)),
    feeStats: () => ask((server) => server.feeStats()),
    submit: (xdr) => send((server) => server.submit(xdr)),
    submitAsync: (xdr) => send((server) => server.submitAsync(xdr)),
    transaction: (hash) => ask((server) => server.transaction(hash)),
    operations: (account, cursor, limit) => ask((server) => server.operations(account, cursor, limit)),
    transactions: (account, cursor, limit) => ask((server) => server.transactions(account, cursor, limit)),
    recentTransactions: (account, limit) => ask((server) => server.recentTransactions(account, limit)),
    effects: (operationId) => ask((server) => server.effects(operationId)),
    lastCursor: (account) => ask((server) => server.lastCursor(account)),
    fund: (account) => first.fund(account),
  };
}
