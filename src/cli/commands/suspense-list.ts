import {
  listSuspense,
  SUSPENSE_STATES,
  SUSPENSE_TEXTS,
  type SuspenseItem,
  suspenseId,
  suspenseView,
} from '../../transfers/index.ts';
import type { Command } from '../command.ts';
import { printJson, table, usageError } from '../output.ts';
import { withRuntime } from '../runtime.ts';
import { kindOption } from '../suspense.ts';
import { choiceOption, numberOption, textOption } from '../values.ts';

const HEAD = ['ID', 'KIND', 'STATE', 'REASON', 'AMOUNT', 'RECEIVED'];

const command: Command = async (given, io) => {
  const state = choiceOption(given, 'state', SUSPENSE_STATES);
  const reason = choiceOption(given, 'reason', Object.keys(SUSPENSE_TEXTS));
  const kind = kindOption(given);
  const limit = numberOption(given, 'limit', { min: 1, max: 200, whole: true }) ?? 20;
  const after = readCursor(textOption(given, 'after'));
  return withRuntime(given, io, { integrations: false }, async ({ ctx }) => {
    const found = await listSuspense(ctx.db.read, { state, reason, kind, after, limit: limit + 1 });
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    const next = found.length > limit && last !== undefined ? cursorOf(last) : null;
    const views = await Promise.all(shown.map((item) => suspenseView(ctx.db.read, item)));
    if (given.json) printJson(io, { suspense: views, next });
    else if (views.length === 0) io.stdout('Nothing lies in suspense.\n');
    else {
      const rows = views.map((view) => [
        view.id,
        view.kind,
        view.state,
        view.reason ?? '',
        `${view.amount}${view.asset === null ? '' : ` ${view.asset.split(':')[0]}`}`,
        view.received_at,
      ]);
      io.stdout(table([HEAD, ...rows]));
      if (next !== null) io.stdout(`more: --after ${next}\n`);
    }
    return 0;
  });
};

const cursorOf = (item: SuspenseItem): string =>
  Buffer.from(`${item.row.created_at} ${suspenseId(item)}`).toString('base64url');

function readCursor(text: string | undefined): { at: string; id: string } | undefined {
  if (text === undefined) return undefined;
  const [at = '', ...rest] = Buffer.from(text, 'base64url').toString('utf8').split(' ');
  if (!Number.isNaN(Date.parse(at)) && rest.length > 0) return { at, id: rest.join(' ') };
  throw usageError('OPTION_INVALID', '--after takes the `next` of an earlier list.');
}

export default command;
