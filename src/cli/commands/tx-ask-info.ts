import type { FieldRequest } from '../../config/integrations.ts';
import { textsFor } from '../../seps/shared/messages/index.ts';
import { askInfo } from '../../transfers/index.ts';
import { usageError } from '../output.ts';
import { transactionCommand } from '../transaction.ts';
import { textOption } from '../values.ts';

const NAME = /^[A-Za-z][\w.-]{0,63}$/;

/** `name` or `name=description`. @throws FIELD_NAME_INVALID (exit 2) */
function readField(text: string): [name: string, request: FieldRequest] {
  const [, name = text, description = name] = /^([^=]*)=(.+)$/s.exec(text) ?? [];
  if (!NAME.test(name) || description.length > 500) {
    throw usageError('FIELD_NAME_INVALID', 'A field is named like bank_account_number, or name=description.');
  }
  return [name, { description }];
}

export default transactionCommand(async (ctx, row, how, given) => {
  const fields = Object.fromEntries(given.args.slice(1).map((text) => readField(text ?? '')));
  const message = textOption(given, 'message') ?? textsFor(row.lang)('info.needed');
  if (row.sep === '24') {
    throw usageError('ASK_UNSUPPORTED', 'SEP-24 has no way to ask the wallet for data of a transaction.');
  }
  await askInfo(ctx, row, { fields, message: message.slice(0, 500), by: how.by });
});
