import { writeFile } from 'node:fs/promises';
import { customerFile } from '../../customers/index.ts';
import { AnchorError } from '../../kernel/errors.ts';
import { customersOf } from '../../transfers/customers.ts';
import type { Command } from '../command.ts';
import { customerId } from '../customers.ts';
import { argumentAt } from '../decision.ts';
import { printJson, usageError } from '../output.ts';
import { withRuntime } from '../runtime.ts';
import { textOption } from '../values.ts';

const ENDINGS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'application/pdf': 'pdf',
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
  'video/webm': 'webm',
};

/** People's papers: for the operator alone, and never over another file. @throws FILE_UNWRITABLE */
async function keep(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new AnchorError({
      code: 'FILE_UNWRITABLE',
      message: exists ? `${path} exists already.` : `${path} cannot be written.`,
      hint: 'Name another file: --output FILE',
      cause,
    });
  }
}

const command: Command = async (given, io) => {
  const id = customerId(given);
  const field = argumentAt(given, 1);
  if (!/^[A-Za-z][\w.]{0,63}$/.test(field))
    throw usageError('ARGUMENT_INVALID', 'A field has a name such as photo_id_front.');
  return withRuntime(given, io, {}, async ({ ctx }) => {
    const { contentType, bytes } = await customerFile(customersOf(ctx), id, field);
    const path = textOption(given, 'output') ?? `${id.slice(-8)}-${field}.${ENDINGS[contentType] ?? 'bin'}`;
    await keep(path, bytes);
    if (given.json) printJson(io, { id, field, content_type: contentType, size: bytes.length, path });
    else io.stdout(`${path} (${contentType}, ${bytes.length} bytes). Delete it when you have seen it.\n`);
    return 0;
  });
};

export default command;
