import { createHash } from 'node:crypto';
import { migrate, openDatabase } from '../../src/database/index.ts';
import { setFact } from '../../src/database/repositories/facts.ts';
import { createSecretBox } from '../../src/database/secret-box.ts';
import type { StellarAsset } from '../../src/kernel/assets.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { isoTime } from '../../src/kernel/clock.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { encodeStrKey } from '../../src/kernel/strkey.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/index.ts';
import { buildTransaction, type Operation } from '../../src/stellar/build.ts';
import { type KeyPair, keyPairFromRawSeed } from '../../src/stellar/keys.ts';
import { loadSdk } from '../../src/stellar/sdk.ts';
import { sealDistributionSeed } from '../../src/transfers/index.ts';
import { SimFile } from './database.ts';
import { Random, seededIds } from './random.ts';

/** Milliseconds since 1970 at which every run begins. */
export const START = Date.UTC(2026, 0, 5, 9, 0, 0);
export const XLM = 10_000_000n;
export const ENCRYPTION_KEY = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
export const ROOT = process.cwd();

export type Pair = KeyPair & { readonly seed: string };

const pairs = new Map<string, Pair>();

/** The same name gives the same key in every run: importing one is slow. */
export function pairNamed(name: string): Pair {
  const known = pairs.get(name);
  if (known !== undefined) return known;
  const seed = createHash('sha256').update(`simulation/${name}`).digest();
  const pair = { ...keyPairFromRawSeed(seed), seed: encodeStrKey('seed', seed) };
  pairs.set(name, pair);
  return pair;
}

/** Accounts that a run finds ready. */
export interface Cast {
  issuer: Pair;
  distribution: Pair;
  /** issues an asset of the same code */
  impostor: Pair;
  /** with XLM, a trustline and units of the asset */
  rich: Pair[];
  /** with XLM only */
  bare: Pair[];
  /** that do not exist */
  absent: Pair[];
  channels: Pair[];
  asset: StellarAsset;
  fake: StellarAsset;
}

const RICH = 40;
const BARE = 16;
const ABSENT = 16;

export const DISTRIBUTION_UNITS = 1_000_000n * XLM;
export const DISTRIBUTION_XLM = 5_000n * XLM;
export const WALLET_UNITS = 5_000n * XLM;

function castOf(): Cast {
  const named = (role: string, count: number): Pair[] =>
    Array.from({ length: count }, (_, i) => pairNamed(`${role}/${i}`));
  const issuer = pairNamed('issuer');
  const impostor = pairNamed('impostor');
  return {
    issuer,
    impostor,
    distribution: pairNamed('distribution'),
    rich: named('rich', RICH),
    bare: named('bare', BARE),
    absent: named('absent', ABSENT),
    channels: named('channel', 3),
    asset: { code: 'SRT', issuer: issuer.publicKey },
    fake: { code: 'SRT', issuer: impostor.publicKey },
  };
}

/** What every run begins with, made once. */
export interface Template {
  cast: Cast;
  assetId: string;
  passphrase: string;
  /** of the ledger */
  snapshot: unknown;
  /** the same, but the distribution account has next to nothing to pay with */
  poorInAsset: unknown;
  poorInLumens: unknown;
  /** accounts that a run may have as channels, with what makes them ones in the database */
  channels: { pair: Pair; insert: string }[];
  /** the database file */
  database: Buffer;
  /** what stands in the place of the distribution seed by mistake: another account's, and nothing that could be opened */
  wrongSeeds: readonly string[];
  /** what the database of an account that was emptied by hand needs: one sequence number more was used before it began */
  drained: string;
}

let made: Promise<Template> | undefined;

export function template(): Promise<Template> {
  made ??= make();
  return made;
}

const still: Clock = { now: () => START - 60_000, sleep: async () => {} };

async function make(): Promise<Template> {
  // what is loaded when it is first needed takes time that is nobody's here: the first run would go another way than later ones
  await loadSdk();
  const cast = castOf();
  const sandbox = createSandbox({ close: 'manual', seed: 'template', clock: still });
  try {
    await populate(sandbox, cast);
    const ids = seededIds(new Random('template'));
    const box = createSecretBox(ENCRYPTION_KEY, ids);
    const channels = cast.channels.map((pair) => {
      const seed = box.seal(pair.seed, `keys/${pair.publicKey}`);
      const at = isoTime(still.now());
      const insert = `insert into keys (account, purpose, seed, created_at) values ('${pair.publicKey}', 'channel', '${seed}', '${at}')`;
      return { pair, insert };
    });
    const assetId = ids.uuid();
    const used = sandbox.ledger.account(cast.distribution.publicKey)?.sequence ?? 0n;
    const database = await databaseWith(cast, assetId, used);
    const wrongSeeds = [sealDistributionSeed(box, assetId, cast.impostor.seed), 'k1:AAAA'];
    const drained = `update facts set value = '${used + 1n}' where name = 'baseline:${cast.distribution.publicKey}'`;
    const snapshot = sandbox.ledger.snapshot();
    await drain(sandbox, cast, { code: 'XLM', issuer: null }, DISTRIBUTION_XLM - 25_000_000n - 2_000n);
    const poorInLumens = sandbox.ledger.snapshot();
    sandbox.ledger.restore(snapshot);
    await drain(sandbox, cast, cast.asset, DISTRIBUTION_UNITS - 50n * XLM);
    const poorInAsset = sandbox.ledger.snapshot();
    const { passphrase } = sandbox;
    return {
      cast,
      assetId,
      passphrase,
      snapshot,
      poorInAsset,
      poorInLumens,
      channels,
      database,
      wrongSeeds,
      drained,
    };
  } finally {
    await sandbox.close();
  }
}

/** XLM of the network at first. */
export function rootPair(passphrase: string): KeyPair {
  const known = roots.get(passphrase) ?? keyPairFromRawSeed(createHash('sha256').update(passphrase).digest());
  roots.set(passphrase, known);
  return known;
}

const roots = new Map<string, KeyPair>();

async function drain(sandbox: Sandbox, cast: Cast, asset: StellarAsset, amount: bigint): Promise<void> {
  const destination = cast.issuer.publicKey;
  await apply(sandbox, cast.distribution, [], [{ type: 'payment', destination, asset, amount }]);
}

async function apply(
  sandbox: Sandbox,
  source: KeyPair,
  signers: KeyPair[],
  operations: Operation[],
): Promise<void> {
  const { xdr } = await buildTransaction({
    passphrase: sandbox.passphrase,
    source: source.publicKey,
    sequence: (sandbox.ledger.account(source.publicKey)?.sequence ?? 0n) + 1n,
    feePerOperation: 100n,
    operations,
    memo: null,
    maxTime: 0,
    signers: [...new Set([source, ...signers])],
  });
  const closed = sandbox.closeLedger({ transactions: [xdr] });
  if (closed.failedCount > 0) {
    throw new Error(`the template does not apply: ${closed.transactions[0]?.resultXdr}`);
  }
}

async function populate(sandbox: Sandbox, cast: Cast): Promise<void> {
  const root = rootPair(sandbox.passphrase);
  const fund = (pair: KeyPair, startingBalance: bigint): Operation => ({
    type: 'createAccount',
    destination: pair.publicKey,
    startingBalance,
  });
  await apply(
    sandbox,
    root,
    [],
    [
      fund(cast.issuer, 1_000n * XLM),
      fund(cast.impostor, 1_000n * XLM),
      fund(cast.distribution, DISTRIBUTION_XLM),
      ...[...cast.rich, ...cast.bare].map((pair) => fund(pair, 1_000n * XLM)),
      ...cast.channels.map((pair) => fund(pair, 20n * XLM)),
    ],
  );
  // auth_revocable: the issuer can freeze a trustline
  await apply(sandbox, cast.issuer, [], [{ type: 'setOptions', options: { setFlags: 2 } }]);
  const holders = [cast.distribution, ...cast.rich];
  for (let i = 0; i < holders.length; i += 9) {
    const part = holders.slice(i, i + 9);
    await apply(
      sandbox,
      root,
      part,
      part.flatMap((pair) =>
        [cast.asset, cast.fake].map(
          (asset): Operation => ({ type: 'changeTrust', source: pair.publicKey, asset }),
        ),
      ),
    );
  }
  for (const [issuer, asset] of [
    [cast.issuer, cast.asset],
    [cast.impostor, cast.fake],
  ] as const) {
    const pay = (pair: KeyPair, amount: bigint): Operation => ({
      type: 'payment',
      destination: pair.publicKey,
      asset,
      amount,
    });
    await apply(
      sandbox,
      issuer,
      [],
      [
        pay(cast.distribution, asset === cast.asset ? DISTRIBUTION_UNITS : 1n),
        ...cast.rich.map((pair) => pay(pair, WALLET_UNITS)),
      ],
    );
  }
}

async function databaseWith(cast: Cast, assetId: string, used: bigint): Promise<Buffer> {
  const file = new SimFile(null);
  const ids = seededIds(new Random('template/database'));
  const db = await openDatabase({
    url: `sqlite:${file.path}`,
    root: ROOT,
    log: silentLog,
    clock: still,
    ids,
  });
  try {
    await migrate(db);
    // what was done to set the world up is on no book, and need not be
    const baseline = `baseline:${cast.distribution.publicKey}`;
    await setFact(db.read, baseline, used.toString(), isoTime(still.now()));
    const box = createSecretBox(ENCRYPTION_KEY, ids);
    await db.read
      .insertInto('assets')
      .values({
        id: assetId,
        code: cast.asset.code,
        issuer: cast.issuer.publicKey,
        distribution_account: cast.distribution.publicKey,
        distribution_seed: sealDistributionSeed(box, assetId, cast.distribution.seed),
        significant_decimals: 2,
        sep6_enabled: 1,
        sep24_enabled: 1,
        sep31_enabled: 1,
        sep38_enabled: 1,
        deposit_fee_fixed_units: XLM,
        withdrawal_fee_percent_units: XLM,
        created_at: isoTime(still.now()),
      })
      .execute();
  } finally {
    await db.close();
  }
  const bytes = file.bytes();
  file.remove();
  return bytes;
}
