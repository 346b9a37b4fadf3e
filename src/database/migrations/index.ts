import { initial } from './0001-initial.ts';
import { refunds } from './0002-refunds.ts';
import { bank } from './0003-bank.ts';
import { channels } from './0004-channels.ts';
import { signing } from './0005-signing.ts';
import { customers } from './0006-customers.ts';
import { quotes } from './0007-quotes.ts';
import { callbacks } from './0008-callbacks.ts';
import { transfers } from './0009-transfers.ts';
import { sep31 } from './0010-sep31.ts';
import { engine } from './0011-engine.ts';
import { payments } from './0012-payments.ts';
import type { Migration } from './types.ts';

/** Every step of the schema, oldest first. Append only: a released one is never edited. */
export const MIGRATIONS: readonly Migration[] = [
  initial,
  refunds,
  bank,
  channels,
  signing,
  customers,
  quotes,
  callbacks,
  transfers,
  sep31,
  engine,
  payments,
];
