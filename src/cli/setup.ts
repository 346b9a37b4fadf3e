import { loadProject, loadProjectMigrations } from '../config/index.ts';
import type { Project } from '../config/project.ts';
import { migrate, migrationStatus, openDatabase } from '../database/index.ts';
import { NATIVE } from '../kernel/assets.ts';
import { AnchorError } from '../kernel/errors.ts';
import { systemIds } from '../kernel/ids.ts';
import { silentLog } from '../kernel/log.ts';
import {
  type ChannelsWanted,
  completeProvision,
  ensureChannels,
  issueAsset,
  type Registered,
  registerAsset,
} from '../payments/provision/index.ts';
import { randomSeed } from '../stellar/keys.ts';
import type { AnchorContext } from '../transfers/context.ts';
import type { Given } from './command.ts';
import { writeEnvFile } from './env-file.ts';
import type { Io } from './io.ts';
import { usageError } from './output.ts';
import { rootOf, withRuntime } from './runtime.ts';
import { checkNetwork } from './schema-check.ts';
import { projectSeeds } from './seeds.ts';

export interface SetupResult {
  network: string;
  /** names of keys that were made now */
  keys: string[];
  migrations: string[];
  assets: Registered[];
  /** channel accounts there are, where --channels was given */
  channels?: number;
}

/**
 * Makes whatever is missing, in an order that loses nothing when it stops half-way: keys, tables, then accounts and asset.
 *
 * @throws CONFIG_INVALID, ENCRYPTION_KEY_LOST, DATABASE_*, and those of provisioning
 */
export async function setUp(given: Given, io: Io, say: (text: string) => void): Promise<SetupResult> {
  const channels = channelsOf(given);
  const keys = await makeMissingKeys(given, io);
  for (const name of keys) say(`made ${name} in .env`);
  return withRuntime(
    given,
    io,
    { integrations: false, schema: false, sandbox: true, logLevel: 'warn' },
    async ({ ctx, project }) => {
      const migrations = await migrate(ctx.db, { project: await loadProjectMigrations(project.root) });
      if (migrations.length > 0) say(`the tables are up to date (${migrations.join(', ')})`);
      await checkNetwork(ctx);
      const assets = await setUpAssets(ctx, io, say);
      const done: SetupResult = { network: project.network.name, keys, migrations, assets };
      if (channels !== null) done.channels = await ensureChannels(ctx, channels, say);
      return done;
    },
  );
}

/** @throws CHANNELS_INVALID (exit 2) */
function channelsOf(given: Given): ChannelsWanted | null {
  const { channels, sponsor } = given.options;
  if (channels === undefined && sponsor !== true) return null;
  if (typeof channels === 'string' && /^\d{1,4}$/.test(channels) && Number(channels) <= 1_000) {
    return { count: Number(channels), sponsored: sponsor === true };
  }
  throw usageError(
    'CHANNELS_INVALID',
    '--channels must be a whole number from 0 to 1000.',
    'E.g. anchor setup --channels 10',
  );
}

async function setUpAssets(ctx: AnchorContext, io: Io, say: (text: string) => void): Promise<Registered[]> {
  const { project } = ctx;
  const seeds = projectSeeds(project, io);
  const known = await completeProvision(ctx, seeds, say);
  const { asset: code, issuer } = project.setup;
  if (code === undefined) return known;
  const there = known.some((one) => one.code === code && (issuer === undefined || one.issuer === issuer));
  if (there) return known;
  const made =
    code === 'native' || code === 'XLM'
      ? await registerAsset(ctx, NATIVE, seeds, say)
      : issuer !== undefined
        ? await registerAsset(ctx, { code, issuer }, seeds, say)
        : await issueAsset(ctx, { code, supply: null, clawback: false }, seeds, say);
  return [...known.filter((one) => one.code !== made.code || one.issuer !== made.issuer), made];
}

/** Whether something is missing that `setUp` would make, as far as can be told without the network. */
export async function needsSetUp(ctx: AnchorContext): Promise<boolean> {
  const { pending } = await migrationStatus(ctx.db);
  if (pending.length > 0) return true;
  if (ctx.project.setup.asset === undefined) return false;
  return (await ctx.db.read.selectFrom('assets').select('id').executeTakeFirst()) === undefined;
}

async function makeMissingKeys(given: Given, io: Io): Promise<string[]> {
  const root = rootOf(given, io);
  const project = await loadProject({ dir: root, env: io.env, integrations: false });
  const { secrets } = project;
  const made: Record<string, string> = {};
  if (secrets.signingSeed === undefined) made.SIGNING_SEED = randomSeed(systemIds);
  if (secrets.jwtKey === undefined) made.SERVER_JWT_KEY = systemIds.bytes(32).toString('base64url');
  if (secrets.encryptionKey === undefined) {
    await checkNothingSealed(project);
    made.ENCRYPTION_KEY = `k1:${systemIds.bytes(32).toString('base64')}`;
  }
  if (Object.keys(made).length > 0) writeEnvFile(root, made);
  return Object.keys(made);
}

/** A new key in place of a lost one would hide that all that was sealed with it is lost. */
async function checkNothingSealed(project: Project): Promise<void> {
  const db = await openDatabase({ url: project.databaseUrl, root: project.root, log: silentLog });
  try {
    if ((await migrationStatus(db)).applied.length === 0) return;
    const sealed = await db.read.selectFrom('keys').select('account').executeTakeFirst();
    if (sealed === undefined) return;
  } finally {
    await db.close();
  }
  throw new AnchorError({
    code: 'ENCRYPTION_KEY_LOST',
    message: 'ENCRYPTION_KEY is not set, and the database holds keys that were sealed with it.',
    hint: 'Bring it back from your backup of .env. Only if all of it may be lost: begin with another DATABASE_URL.',
  });
}
