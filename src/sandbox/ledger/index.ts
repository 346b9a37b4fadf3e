import { Ledger } from './ledger.ts';
import type { CreateLedger } from './ports.ts';

export type * from './ports.ts';
export type * from './types.ts';

/** A network of its own: the root account holds all lumens. Deterministic; knows no clock. */
export const createLedger: CreateLedger = (settings, reset) => new Ledger(settings, reset);
