import type { Command } from '../command.ts';
import { runServer } from '../server.ts';
import { onStop } from '../stop.ts';
import { flagOption, portOption } from '../values.ts';

const command: Command = async (given, io) => {
  const port = portOption(given);
  const stop = onStop(io);
  try {
    await runServer(given, io, stop, { port, jobs: flagOption(given, 'withJobs'), dev: false });
    return stop.status(0);
  } finally {
    stop.dispose();
  }
};

export default command;
