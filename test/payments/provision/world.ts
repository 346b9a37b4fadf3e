import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadProject } from '../../../src/config/index.ts';
import { createSecretBox } from '../../../src/database/index.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { AnchorError } from '../../../src/kernel/errors.ts';
import { systemIds } from '../../../src/kernel/ids.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import type { Seeds } from '../../../src/payments/provision/index.ts';
import { createSandbox, type Sandbox } from '../../../src/sandbox/index.ts';
import { buildTransaction, type Operation } from '../../../src/stellar/build.ts';
import { createHorizon } from '../../../src/stellar/horizon.ts';
import { type KeyPair, randomKeyPair } from '../../../src/stellar/keys.ts';
import type { Fetch, NetworkAccount } from '../../../src/stellar/port.ts';
import type { AnchorContext } from '../../../src/transfers/context.ts';
import { createDatabase, type DatabaseKind } from '../../support/databases.ts';

/** What `.env` would hold. */
export interface Notebook extends Seeds {
  given: { distribution: string | null; issuer: string | null };
  said: string[];
}

export interface World {
  ctx: AnchorContext;
  sandbox: Sandbox;
  seeds: Notebook;
  say(text: string): void;
  /** requests to the network so far */
  requests(): number;
  /** from the nth request on (counted from now) the network is gone, until `null` */
  cutAt(nth: number | null): void;
  /** the next submissions are carried out, and the answer is lost */
  loseAnswers(count: number): void;
  account(id: string): Promise<NetworkAccount>;
  /** a funded account of somebody */
  somebody(): Promise<KeyPair & { seed: string }>;
  submit(source: KeyPair, ...operations: Operation[]): Promise<void>;
  close(): Promise<void>;
}

const HORIZON = 'http://sandbox.test';

export async function createWorld(
  options: { kind?: DatabaseKind; network?: 'sandbox' | 'testnet' | 'public' } = {},
): Promise<World> {
  const { db, root, drop } = await createDatabase(options.kind ?? 'sqlite');
  const passphrase = 'Provisioning Test ; 2026';
  writeFileSync(join(root, 'anchor.toml'), '[organization]\nname = "Test"\n');
  const network = options.network ?? 'sandbox';
  const project = await loadProject({
    dir: root,
    integrations: false,
    env: {
      STELLAR_NETWORK: network,
      STELLAR_NETWORK_PASSPHRASE: passphrase,
      HOST_URL: 'https://anchor.test',
    },
  });
  const sandbox = createSandbox({ passphrase, close: 0.02 });
  sandbox.start();
  let requests = 0;
  let cut: number | null = null;
  let lost = 0;
  const fetch: Fetch = async (input, init) => {
    requests += 1;
    if (cut !== null && requests >= cut) throw new TypeError('fetch failed');
    const answer = await sandbox.fetch(input, init);
    if (lost > 0 && init?.method === 'POST') {
      lost -= 1;
      throw new TypeError('fetch failed');
    }
    return answer;
  };
  const friendbotUrl = network === 'public' ? undefined : `${HORIZON}/friendbot`;
  const ports = { passphrase, clock: systemClock, friendbotUrl, url: HORIZON };
  const ctx: AnchorContext = {
    project,
    db,
    box: createSecretBox(`k1:${Buffer.alloc(32, 7).toString('base64')}`, systemIds),
    network: createHorizon({ ...ports, fetch }),
    fetch,
    clock: systemClock,
    ids: systemIds,
    log: silentLog,
  };
  const direct = createHorizon({
    ...ports,
    friendbotUrl: `${HORIZON}/friendbot`,
    fetch: (input, init) => sandbox.fetch(input, init),
  });
  const account = async (id: string) => {
    const found = await direct.account(id);
    if ('missing' in found) throw new Error(`${id} does not exist`);
    return found;
  };
  const seeds = notebook();
  const withProject = (changes: Partial<AnchorContext['project']>): AnchorContext => ({
    ...ctx,
    project: { ...project, ...changes },
  });
  return {
    ctx:
      friendbotUrl === undefined
        ? ctx
        : withProject({ network: { ...project.network, friendbotUrl, horizonUrl: HORIZON } }),
    sandbox,
    seeds,
    say: (text) => seeds.said.push(text),
    requests: () => requests,
    cutAt(nth) {
      cut = nth === null ? null : requests + nth;
    },
    loseAnswers(count) {
      lost = count;
    },
    account,
    async somebody() {
      const key = randomKeyPair(systemIds);
      await direct.fund(key.publicKey);
      return key;
    },
    async submit(source, ...operations) {
      const { sequence } = await account(source.publicKey);
      const envelope = await buildTransaction({
        passphrase,
        source: source.publicKey,
        sequence: sequence + 1n,
        feePerOperation: 100n,
        operations,
        maxTime: 0xffffffff,
        signers: [source],
      });
      const answer = await direct.submit(envelope.xdr);
      if (answer.status !== 'applied' || !answer.successful) throw new Error(JSON.stringify(answer));
    },
    async close() {
      await sandbox.close();
      await drop();
    },
  };
}

function notebook(): Notebook {
  const given: Notebook['given'] = { distribution: null, issuer: null };
  return {
    given,
    said: [],
    distribution: async () => given.distribution,
    distributionStored: async () => {
      given.distribution = null;
    },
    issuer: async () => given.issuer,
    keepIssuer: async (seed) => {
      given.issuer = seed;
    },
  };
}

/** The code with which work fails. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing was refused',
    (error: unknown) => (AnchorError.is(error) ? error.code : String(error)),
  );
