import type { CustomerStatusName } from '../config/customer-hooks.ts';
import { presetCustomers } from '../config/customers.ts';
import type { CustomerSettings, Project } from '../config/project.ts';
import type { Database, Queries } from '../database/port.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Ids } from '../kernel/ids.ts';
import type { Log } from '../kernel/log.ts';
import type { Owner } from '../kernel/principal.ts';

/** A customer's status that became another one. Written in the same database transaction as the new status. */
export interface CustomerChange {
  readonly customerId: string;
  readonly owner: Owner;
  readonly type: string;
  readonly from: CustomerStatusName | null;
  readonly to: CustomerStatusName;
  /** `customer`, `integration`, `sandbox`, or the operator's name */
  readonly by: string;
}

/** What this room needs of a running anchor; an AnchorContext is one. */
export interface CustomersContext {
  readonly project: Project;
  readonly db: Database;
  readonly box: { seal(plain: string, scope: string): string; open(sealed: string, scope: string): string };
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** told of every change of a status, inside its database transaction: no network, no code of the anchor's own */
  changed?(trx: Queries, change: CustomerChange): Promise<void>;
}

const PRESET: CustomerSettings = { ...presetCustomers(), maxFileBytes: 10_000_000, maxFiles: 50 };

export const rulesOf = (project: Pick<Project, 'customers'>): CustomerSettings => project.customers ?? PRESET;

/** The types that customers can be of, in the order of their declaration; the first is meant where none is named. */
export const declaredTypes = (project: Pick<Project, 'customers'>): string[] => [
  ...rulesOf(project).types.keys(),
];
