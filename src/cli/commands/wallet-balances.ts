import type { Command } from '../command.ts';
import { showBalances } from '../wallet.ts';

const command: Command = (given, io) => showBalances(given, io);

export default command;
