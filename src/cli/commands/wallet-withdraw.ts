import type { Command } from '../command.ts';
import { runWallet } from '../wallet.ts';

const command: Command = (given, io) => runWallet('withdraw', given, io);

export default command;
