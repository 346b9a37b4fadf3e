export { type Acceptance, type Accepted, acceptTransaction } from './accept.ts';
export { type ReconcileOptions, reconcile } from './reconcile.ts';
export type { Difference, DifferenceKind, Report } from './report.ts';
export { type FreezeNote, liftFreeze, readFreezeNote } from './stops.ts';
