import { listSends } from '../../sending/index.ts';
import type { Command } from '../command.ts';
import { printJson, table } from '../output.ts';
import { withRuntime } from '../runtime.ts';
import { flagOption, numberOption } from '../values.ts';

const HEAD = ['ID', 'STATE', 'AMOUNT', 'TO', 'WAITS FOR'];

const command: Command = async (given, io) => {
  const limit = numberOption(given, 'limit', { min: 1, max: 200, whole: true }) ?? 20;
  return withRuntime(given, io, { integrations: false }, async ({ ctx }) => {
    const sends = await listSends(ctx, { limit, open: flagOption(given, 'open') });
    if (given.json) printJson(io, { sends });
    else if (sends.length === 0) io.stdout('No payments through other anchors.\n');
    else {
      const lines = sends.map((one) => [
        one.id,
        one.state,
        `${one.amount} ${one.asset}`,
        one.to,
        one.waiting_for ?? '-',
      ]);
      io.stdout(table([HEAD, ...lines]));
    }
    return 0;
  });
};

export default command;
