import { type SendRequest, send, showSend } from '../../sending/index.ts';
import type { Command } from '../command.ts';
import { usageError } from '../output.ts';
import { withRuntime } from '../runtime.ts';
import { personOption, printSend, textsOption } from '../send.ts';
import { assetCode, flagOption, numberOption, textOption } from '../values.ts';
import { checkedAmount } from '../wallet.ts';

const PAUSE_MS = 500;

const command: Command = async (given, io) => {
  const to = textOption(given, 'to');
  const key = textOption(given, 'key');
  if (to === undefined || key === undefined) {
    throw usageError('OPTION_MISSING', 'Say where to and under which key: --to URL --key KEY.');
  }
  const amount = checkedAmount(given.args[0] ?? '');
  const asset = assetCode(given.args[1]);
  const fields = textsOption(given, io, 'fields');
  const fundingMethod = textOption(given, 'fundingMethod');
  const destinationAsset = textOption(given, 'destinationAsset');
  const request: SendRequest = {
    key,
    to,
    amount,
    asset,
    sender: personOption(given, io, 'sender'),
    receiver: personOption(given, io, 'receiver'),
    ...(fields === undefined ? {} : { fields }),
    ...(fundingMethod === undefined ? {} : { fundingMethod }),
    ...(destinationAsset === undefined ? {} : { destinationAsset }),
    ...(given.options['quote'] === false ? { quote: false } : {}),
  };
  const wait = flagOption(given, 'wait');
  const timeoutMs = (numberOption(given, 'timeout', { min: 1, max: 86_400 }) ?? 60) * 1000;
  return withRuntime(given, io, { logLevel: 'warn' }, async ({ ctx }) => {
    let view = await send(ctx, request);
    const deadline = ctx.clock.now() + timeoutMs;
    while (wait && view.ended_at === null && ctx.clock.now() < deadline) {
      await ctx.clock.sleep(PAUSE_MS);
      view = await showSend(ctx, view.id);
    }
    printSend(given, io, view);
    return wait ? (view.state === 'completed' ? 0 : 1) : view.state === 'failed' ? 1 : 0;
  });
};

export default command;
