import type { Command } from '../command.ts';
import { runWallet } from '../wallet.ts';

const command: Command = (given, io) => runWallet('deposit', given, io);

export default command;
