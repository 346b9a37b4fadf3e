import { resolve } from 'node:path';
import type { Command } from '../command.ts';
import { paint } from '../io.ts';
import { printJson, usageError } from '../output.ts';
import { onStop } from '../stop.ts';
import { flagOption, numberOption, portOption, textOption } from '../values.ts';

const DEFAULT_PORT = 8001;
const UINT32 = 4_294_967_295;

const command: Command = async (given, io) => {
  const close = textOption(given, 'close');
  const state = textOption(given, 'state');
  const readyFile = textOption(given, 'readyFile');
  const whole = (name: string, max: number) => numberOption(given, name, { min: 1, max, whole: true });
  const passphrase = textOption(given, 'passphrase');
  if (passphrase === '') throw usageError('OPTION_INVALID', '--passphrase must not be empty.');
  const options = {
    port: portOption(given, { free: true }) ?? DEFAULT_PORT,
    passphrase,
    close: close === 'manual' ? ('manual' as const) : numberOption(given, 'close', { min: 0.01, max: 3600 }),
    seed: textOption(given, 'seed'),
    state: state === undefined || state === 'memory' ? state : resolve(io.cwd, state),
    reset: flagOption(given, 'reset'),
    readyFile: readyFile === undefined ? undefined : resolve(io.cwd, readyFile),
    protocolVersion: whole('protocol', 100),
    baseFee: whole('baseFee', UINT32),
    baseReserve: whole('baseReserve', UINT32),
    operationsPerLedger: whole('operationsPerLedger', UINT32),
  };
  const stop = onStop(io);
  try {
    const { serveSandbox } = await import('../../sandbox/index.ts');
    const served = await serveSandbox(options);
    const { rootKeys } = await import('../sandbox-root.ts');
    const root = rootKeys(served.sandbox.passphrase);
    if (given.json) {
      printJson(io, {
        url: served.url,
        port: served.port,
        friendbot: `${served.url}/friendbot`,
        passphrase: served.sandbox.passphrase,
        root: root.publicKey,
      });
    } else {
      io.stderr(
        `\n${paint(io, 'bold', 'Stellar sandbox')}\n\n  Horizon     ${paint(io, 'cyan', served.url)}\n` +
          `  friendbot   ${paint(io, 'cyan', `${served.url}/friendbot?addr=G...`)}\n` +
          `  passphrase  ${served.sandbox.passphrase}\n  root        ${root.publicKey}\n\n`,
      );
    }
    await stop.asked;
    await served.close();
    return stop.status(0);
  } finally {
    stop.dispose();
  }
};

export default command;
