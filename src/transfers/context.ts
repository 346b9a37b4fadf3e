import type { Project } from '../config/project.ts';
import type { CustomerRow } from '../customers/index.ts';
import type { Database, Queries } from '../database/port.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Ids } from '../kernel/ids.ts';
import type { Log } from '../kernel/log.ts';
import type { Fetch, StellarNetwork } from '../stellar/port.ts';
import type { TransactionRow } from './rows.ts';

/** Seals secrets for the database: AES-256-GCM with key id. `scope` is bound in, so that a value cannot be moved elsewhere. */
export interface SecretBox {
  seal(plain: string, scope: string): string;
  /** @throws SECRET_UNREADABLE when the key is missing or the value was changed */
  open(sealed: string, scope: string): string;
}

/** How transactions and customers look to wallets: the SEPs print them, everything below them only passes them on. */
export interface Wire {
  /** as `GET /transaction` of its SEP shows it; read through `trx`, so that it holds what was changed there */
  transaction(trx: Queries, row: TransactionRow): Promise<unknown>;
  /** false: several of our statuses are one on the wire, and nobody is told of a move between those (S31-28); default true */
  isNews?(before: TransactionRow, after: TransactionRow): boolean;
  /** as `GET /customer` shows it for a type */
  customer(trx: Queries, customer: CustomerRow, type: string): Promise<unknown>;
}

/** What a running anchor hands to everything above: configuration, storage and the ports to the outside. */
export interface AnchorContext {
  readonly project: Project;
  readonly db: Database;
  readonly box: SecretBox;
  readonly network: StellarNetwork;
  /** for everything that is not the Stellar network, but addresses that strangers name */
  readonly fetch: Fetch;
  /** for addresses that strangers name: client_domain files, callbacks. Default: one that refuses private networks */
  readonly guardedFetch?: Fetch | undefined;
  /** absent where nobody listens, e.g. in tests of single rooms */
  readonly wire?: Wire | undefined;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}
