import type { Context } from 'hono';
import { type Horizon, object, page } from '../handlers.ts';
import type { Chapter } from '../history/history.ts';
import { accountParam, flagQuery, hashParam, isBalanceId, joinQuery, positiveInteger } from '../params.ts';
import { BEFORE_HISTORY, invalidField, missing, problem } from '../problem.ts';
import { operationFields } from '../resources/operation.ts';
import { transactionFields } from '../resources/transaction.ts';
import { toid } from '../toid.ts';
import { effectPage, operationPage, transactionPage } from './history-pages.ts';
import { ledgerParam } from './ledgers.ts';

type Name = Exclude<keyof Chapter, 'trades'>;
/** Finds the chapter at every read, since streams go on while history grows; throws 404 where there is none. */
type Find = (c: Context) => () => Chapter;

function chapterPage(horizon: Horizon, path: string, name: Name, find: Find, everyOutcome = false): void {
  const { network } = horizon;
  page(horizon, path, (c, links) => {
    const chapter = find(c);
    const failed = flagQuery(c, 'include_failed') || everyOutcome;
    if (name === 'effects') return (query) => effectPage(network, links, query, chapter().effects);
    if (name === 'transactions') {
      return (query) => transactionPage(network, links, query, chapter().transactions, failed);
    }
    const join = joinQuery(c);
    return (query) => operationPage(network, links, query, chapter()[name], { failed, join });
  });
}

function required(chapter: Chapter | undefined): Chapter {
  if (chapter === undefined) throw missing();
  return chapter;
}

export function operationId(text: string, field: string, reason: string): bigint {
  const id = positiveInteger(text);
  if (id === null) throw invalidField(field, reason);
  return id;
}

export function historyRoutes(horizon: Horizon): void {
  const { network } = horizon;
  const all: Find = () => () => network.history.all;
  const account: Find = (c) => {
    const id = accountParam(c.req.param('account_id') ?? '');
    return () => required(network.history.account(id));
  };
  const ledger: Find = (c) => {
    const sequence = ledgerParam(c.req.param('ledger_id') ?? '');
    return () => {
      if (network.history.ledger(sequence) === undefined) throw missing();
      return network.history.ledgerChapter(sequence);
    };
  };
  const transaction: Find = (c) => {
    const hash = hashParam(c.req.param('tx_id') ?? '');
    return () => {
      const at = network.history.transaction(hash);
      if (at === undefined) throw missing();
      return network.history.transactionChapter(at);
    };
  };
  const balance: Find = (c) => {
    const id = c.req.param('id') ?? '';
    if (!isBalanceId(id)) throw invalidField('id', `${id} does not validate as claimableBalanceID`);
    return () => required(network.history.balance(id.toLowerCase()));
  };
  for (const name of ['transactions', 'operations', 'payments', 'effects'] as const) {
    chapterPage(horizon, `/${name}`, name, all);
    chapterPage(horizon, `/accounts/:account_id/${name}`, name, account);
    chapterPage(horizon, `/ledgers/:ledger_id/${name}`, name, ledger);
    if (name !== 'transactions')
      chapterPage(horizon, `/transactions/:tx_id/${name}`, name, transaction, true);
  }
  for (const name of ['transactions', 'operations'] as const) {
    chapterPage(horizon, `/claimable_balances/:id/${name}`, name, balance);
  }
  single(horizon);
}

function single(horizon: Horizon): void {
  const { network } = horizon;
  object(horizon, '/transactions/:tx_id', (c, links) => {
    const hash = hashParam(c.req.param('tx_id') ?? '');
    return () => {
      const at = network.history.transaction(hash);
      if (at === undefined) throw missing();
      return transactionFields(links, at, hash);
    };
  });
  const known = (id: bigint) => {
    if (id < toid(network.history.elder)) throw problem(BEFORE_HISTORY);
    const at = network.history.operation(id);
    if (at === undefined) throw missing();
    return at;
  };
  object(horizon, '/operations/:id', (c, links) => {
    const text = c.req.param('id') ?? '';
    const id = operationId(text, 'id', 'schema: error converting value for "id"');
    const join = joinQuery(c);
    return () => operationFields(links, known(id), join);
  });
  page(horizon, '/operations/:op_id/effects', (c, links) => {
    const text = c.req.param('op_id') ?? '';
    const id = operationId(text, 'op_id', 'Operation ID must be an integer higher than 0');
    return (query) => {
      known(id);
      return effectPage(network, links, query, network.history.operationEffects(id));
    };
  });
}
