import { join } from 'node:path';
import type { Integrations, RailsIntegration } from '../config/integrations.ts';
import type { Project } from '../config/project.ts';
import { openDatabase } from '../database/index.ts';
import { createSecretBox } from '../database/secret-box.ts';
import { type Clock, systemClock } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import { type Ids, systemIds } from '../kernel/ids.ts';
import type { Log } from '../kernel/log.ts';
import { sampleQuotes } from '../quotes/index.ts';
import { type FakeBank, fakeBank } from '../rails/fake-bank/index.ts';
import { guardedFetchFor } from '../seps/shared/guarded-fetch.ts';
import { createHorizon, type Horizon } from '../stellar/horizon.ts';
import type { Fetch } from '../stellar/port.ts';
import { severalServers } from '../stellar/several.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { createWire } from './wire.ts';

export interface ContextOptions {
  log: Log;
  clock?: Clock;
  ids?: Ids;
  /** for everything outside; the Stellar network may have its own */
  fetch?: Fetch;
  networkFetch?: Fetch;
}

export type OpenContext = AnchorContext & { close(): Promise<void> };

/** Opens the database and the ports of a validated project. Close it when done. */
export async function createContext(project: Project, options: ContextOptions): Promise<OpenContext> {
  const clock = options.clock ?? systemClock;
  const ids = options.ids ?? systemIds;
  const fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const log = options.log;
  const key = project.secrets.encryptionKey;
  if (key === undefined) {
    throw new AnchorError({
      code: 'ENCRYPTION_KEY_MISSING',
      message: 'ENCRYPTION_KEY is not set: secrets in the database cannot be read.',
      hint: 'It is in the .env that create-anchor wrote; bring it back from your backup.',
    });
  }
  const db = await openDatabase({ url: project.databaseUrl, root: project.root, log });
  const { horizonUrl, otherHorizonUrls = [], friendbotUrl, passphrase } = project.network;
  const ports = { friendbotUrl, passphrase, fetch: options.networkFetch ?? fetch, clock, log };
  const [first, ...others] = [horizonUrl, ...otherHorizonUrls].map((url) => createHorizon({ ...ports, url }));
  const network = severalServers(first as Horizon, others, log);
  const ctx: OpenContext = {
    project: { ...project, integrations: withSandboxDefaults(project, clock, ids) },
    db,
    box: createSecretBox(key, ids),
    network,
    fetch,
    // a given fetch is the whole outside, also for addresses that strangers name
    guardedFetch: options.fetch ?? guardedFetchFor(project),
    wire: {
      transaction: (...given) => wire.transaction(...given),
      customer: (...given) => wire.customer(...given),
    },
    clock,
    ids,
    log,
    close: () => db.close(),
  };
  const wire = createWire(ctx);
  return ctx;
}

/** On the sandbox an anchor without rails of its own banks with the fake bank, and one without prices has sample ones; nowhere else. */
function withSandboxDefaults(project: Project, clock: Clock, ids: Ids): Integrations {
  if (project.network.name !== 'sandbox') return project.integrations;
  const given = { quotes: sampleQuotes, ...project.integrations };
  if (given.rails !== undefined) return given;
  const bank = fakeBank(join(project.root, 'data', 'fake-bank.jsonl'), { clock, ids });
  return { ...given, rails: fakeRails(bank), testBank: given.testBank ?? bank };
}

function fakeRails(bank: FakeBank): RailsIntegration {
  return {
    pollDeposits: ({ cursor }) => bank.creditsSince(cursor),
    async payout({ key, amount, transaction }) {
      const to = transaction.fields['bank_account_number'] ?? 'unknown account';
      const { id } = await bank.send({ key, amount, to, reference: transaction.reference });
      return { status: 'completed', externalId: id };
    },
    async lookupPayout(key) {
      const found = await bank.find(key);
      return found === null ? { status: 'none' } : { status: 'completed', externalId: found.id };
    },
  };
}
