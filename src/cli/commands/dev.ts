import type { Command } from '../command.ts';
import { isDevChild, isRestart, superviseDev } from '../dev.ts';
import { printError } from '../output.ts';
import { rootOf } from '../runtime-root.ts';
import { onStop } from '../stop.ts';
import { portOption } from '../values.ts';

const command: Command = async (given, io) => {
  const port = portOption(given);
  if (!isDevChild(io.env)) return superviseDev(rootOf(given, io), given, io);
  const { runServer } = await import('../server.ts');
  const stop = onStop(io, ['SIGTERM']);
  process.once('disconnect', () => stop.now());
  process.once('message', () => stop.now());
  try {
    await runServer(given, io, stop, {
      port,
      jobs: true,
      dev: true,
      brief: isRestart(io.env),
      onReady: () => process.send?.('ready'),
    });
  } catch (error) {
    return printError(io, error, given.json);
  } finally {
    stop.dispose();
    if (process.connected) process.disconnect();
  }
  return 0;
};

export default command;
