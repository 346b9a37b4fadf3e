import { AnchorError } from '../../kernel/errors.ts';
import { keepPayment } from '../../transfers/index.ts';
import { decisionCommand } from '../suspense.ts';

export default decisionCommand(async (ctx, item, how) => {
  if (item.kind === 'payment') return keepPayment(ctx, item, how);
  throw new AnchorError({
    code: 'KEEP_REFUSED',
    message: 'Only a Stellar payment can be booked as our own.',
    hint: 'A bank credit is matched, sent back or held: anchor suspense --help',
    httpStatus: 409,
  });
});
