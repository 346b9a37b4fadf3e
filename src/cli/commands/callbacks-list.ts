import { isUuid } from '../../kernel/ids.ts';
import { listCallbacks } from '../../outbox/index.ts';
import type { Command } from '../command.ts';
import { printJson, table, usageError } from '../output.ts';
import { withRuntime } from '../runtime.ts';
import { choiceOption, numberOption, textOption } from '../values.ts';

const command: Command = async (given, io) => {
  const state = choiceOption(given, 'state', ['waiting', 'delivered', 'failed']);
  const limit = numberOption(given, 'limit', { min: 1, max: 200, whole: true }) ?? 20;
  const transactionId = textOption(given, 'transaction');
  if (transactionId !== undefined && !isUuid(transactionId))
    throw usageError('OPTION_INVALID', '--transaction must be the id of a transaction.');
  return withRuntime(given, io, { integrations: false }, async ({ ctx }) => {
    const rows = await listCallbacks(ctx, { state, transactionId, limit });
    if (given.json) {
      const callbacks = rows.map(({ body, ...row }) => ({
        ...row,
        next_at: row.state === 'waiting' ? row.next_at : null,
        body: body === null ? null : (JSON.parse(body) as unknown),
      }));
      printJson(io, { callbacks });
      return 0;
    }
    if (rows.length === 0) io.stdout('No callbacks.\n');
    else io.stdout(table([HEAD, ...rows.map(lineOf)]));
    return 0;
  });
};

const HEAD = ['id', 'about', 'status', 'state', 'attempts', 'last answer', 'address'];

const lineOf = (row: Awaited<ReturnType<typeof listCallbacks>>[number]): string[] => [
  `${row.id}`,
  row.transaction_id ?? row.subject,
  row.status,
  row.state === 'waiting' && row.attempts > 0 ? `again ${row.next_at.slice(0, 16)}Z` : row.state,
  `${row.attempts}`,
  row.last_answer ?? '',
  row.url,
];

export default command;
