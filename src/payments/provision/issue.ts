import { formatAmount } from '../../kernel/amounts.ts';
import { assetKey, type StellarAsset } from '../../kernel/assets.ts';
import { AnchorError } from '../../kernel/errors.ts';
import type { Operation } from '../../stellar/build.ts';
import { type KeyPair, keyPairFromSeed, randomSeed } from '../../stellar/keys.ts';
import type { NetworkAccount } from '../../stellar/port.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { balanceOf, ensureAccount, existing, type Say } from './accounts.ts';
import { checkNotIssuer, findAssets, type Registered, registerRow } from './assets.ts';
import { memoEntry } from './memo-entry.ts';
import { completeDistribution } from './register.ts';
import { type Seeds, storedKey, takeDistributionKey } from './seeds.ts';
import { achieve, type Step } from './transact.ts';

/** setOptions flags */
const REVOCABLE = 2;
const CLAWBACK = 8;
/** a home domain has at most 32 bytes on the ledger */
const HOME_DOMAIN_BYTES = 32;

export interface IssueRequest {
  code: string;
  /** stroops that the distribution account holds at least; null: a million for a new asset, no more for a known one */
  supply: bigint | null;
  clawback: boolean;
}

const DEFAULT_SUPPLY = 1_000_000n * 10_000_000n;

/**
 * Issues an asset of our own: accounts by friendbot, then in one transaction the issuer's home domain and flags, the trustline and
 * the supply. The issuer's key is kept outside before it is used. Safe to repeat.
 *
 * @throws ISSUE_ON_PUBLIC, ASSET_CODE_TAKEN, FRIENDBOT_UNAVAILABLE, TRANSACTION_REFUSED, NETWORK_UNAVAILABLE
 */
export async function issueAsset(
  ctx: AnchorContext,
  request: IssueRequest,
  seeds: Seeds,
  say: Say,
): Promise<Registered> {
  if (ctx.project.network.name === 'public') {
    throw new AnchorError({
      code: 'ISSUE_ON_PUBLIC',
      message:
        'Issuing is for sandbox and testnet. On the public network the issuer key never comes near this machine.',
      hint: 'Issue the asset with a tool of your choice, then: anchor add-asset CODE --issuer G...',
    });
  }
  const [known] = await findAssets(ctx, request.code);
  const given = await seeds.issuer();
  if (known !== undefined && given === null) {
    const key = await storedKey(ctx, known.distribution_account);
    const asset = { code: known.code, issuer: known.issuer };
    await completeDistribution(ctx, asset, key, seeds, say);
    return { ...asset, distribution: known.distribution_account, created: false };
  }
  const issuer = given === null ? await newIssuer(ctx, seeds) : keyPairFromSeed(given);
  const asset: StellarAsset = { code: request.code, issuer: issuer.publicKey };
  if (known !== undefined && known.issuer !== issuer.publicKey) throw codeTaken(request.code, known.issuer);
  const distribution =
    known === undefined
      ? await takeDistributionKey(ctx, seeds)
      : { key: await storedKey(ctx, known.distribution_account), seed: null };
  checkNotIssuer(distribution.key.publicKey, asset);
  await Promise.all([
    ensureAccount(ctx, issuer.publicKey, 'issuer', say),
    ensureAccount(ctx, distribution.key.publicKey, 'distribution', say),
  ]);
  const supply = request.supply ?? (known === undefined ? DEFAULT_SUPPLY : 0n);
  const issued = await achieve(ctx, () =>
    missing(ctx, asset, { issuer, distribution: distribution.key, supply, clawback: request.clawback }),
  );
  if (issued)
    say(`issued ${request.code}: the distribution account ${await held(ctx, asset, distribution.key)}`);
  if (distribution.seed === null) {
    return { ...asset, distribution: distribution.key.publicKey, created: false };
  }
  const account = distribution.key.publicKey;
  return registerRow(ctx, asset, { account, seed: distribution.seed }, { sample: true });
}

async function newIssuer(ctx: AnchorContext, seeds: Seeds): Promise<KeyPair> {
  const seed = randomSeed(ctx.ids);
  await seeds.keepIssuer(seed);
  return keyPairFromSeed(seed);
}

interface Wanted {
  issuer: KeyPair;
  distribution: KeyPair;
  supply: bigint;
  clawback: boolean;
}

/** The one transaction that is missing, from what the ledger says now. */
async function missing(ctx: AnchorContext, asset: StellarAsset, wanted: Wanted): Promise<Step | null> {
  const issuer = await existing(ctx, wanted.issuer.publicKey);
  const holder = await existing(ctx, wanted.distribution.publicKey);
  const line = holder === null ? null : balanceOf(holder, assetKey(asset));
  const operations: Operation[] = [];
  const options = issuer === null ? null : issuerOptions(ctx, issuer, wanted.clawback);
  if (options !== null) operations.push({ type: 'setOptions', options, source: wanted.issuer.publicKey });
  if (line === null) operations.push({ type: 'changeTrust', asset, source: wanted.distribution.publicKey });
  if (issuer?.flags.authRequired && line?.authorized !== true) {
    operations.push({
      type: 'setTrustLineFlags',
      trustor: wanted.distribution.publicKey,
      asset,
      authorized: true,
      source: wanted.issuer.publicKey,
    });
  }
  const lacking = wanted.supply - (line?.balance ?? 0n);
  if (lacking > 0n) {
    const destination = wanted.distribution.publicKey;
    operations.push({
      type: 'payment',
      destination,
      asset,
      amount: lacking,
      source: wanted.issuer.publicKey,
    });
  }
  const entry = holder === null ? null : await memoEntry(ctx, holder, holder.id, line === null ? 1 : 0);
  if (entry !== null) operations.push({ ...entry, source: wanted.distribution.publicKey });
  if (operations.length === 0) return null;
  const both = line === null || entry !== null;
  const signers = both ? [wanted.issuer, wanted.distribution] : [wanted.issuer];
  return { purpose: `issue ${assetKey(asset)}`, source: wanted.issuer, operations, signers };
}

function issuerOptions(
  ctx: AnchorContext,
  issuer: NetworkAccount,
  clawback: boolean,
): { homeDomain?: string; setFlags?: number } | null {
  const domain = ctx.project.homeDomain;
  const fits = Buffer.byteLength(domain) <= HOME_DOMAIN_BYTES;
  const options: { homeDomain?: string; setFlags?: number } = {};
  if (fits && issuer.homeDomain !== domain) options.homeDomain = domain;
  if (clawback && !issuer.flags.clawbackEnabled && !issuer.flags.authImmutable) {
    options.setFlags = REVOCABLE | CLAWBACK;
  }
  return Object.keys(options).length === 0 ? null : options;
}

/** Puts the home domain right on the issuers whose key we hold. Answers those that differ and are not ours to change. */
export async function ensureHomeDomain(
  ctx: AnchorContext,
  issuer: string,
  seeds: Seeds,
  say: Say,
): Promise<void> {
  const account = await existing(ctx, issuer);
  const options = account === null ? null : issuerOptions(ctx, account, false);
  if (options?.homeDomain === undefined) return;
  const seed = await seeds.issuer();
  const key = seed === null ? null : keyPairFromSeed(seed);
  if (key?.publicKey !== issuer) {
    say(
      `the home domain of the issuer ${issuer} is ${account?.homeDomain ?? 'not set'}, this anchor's is ${options.homeDomain}`,
    );
    return;
  }
  await achieve(ctx, async () => {
    const now = await existing(ctx, issuer);
    const wanted = now === null ? null : issuerOptions(ctx, now, false);
    if (wanted === null) return null;
    const operations: Operation[] = [{ type: 'setOptions', options: wanted }];
    return { purpose: `home domain ${issuer}`, source: key, operations, signers: [key] };
  });
  say(`the home domain of the issuer is ${options.homeDomain}`);
}

async function held(ctx: AnchorContext, asset: StellarAsset, key: KeyPair): Promise<string> {
  const account = await existing(ctx, key.publicKey);
  const balance = account === null ? 0n : (balanceOf(account, assetKey(asset))?.balance ?? 0n);
  return `${key.publicKey} holds ${formatAmount(balance)}`;
}

function codeTaken(code: string, issuer: string): AnchorError {
  return new AnchorError({
    code: 'ASSET_CODE_TAKEN',
    message: `There is an asset ${code} already, of the issuer ${issuer}.`,
    hint: 'Choose another code; ISSUER_SEED in .env is the key of another issuer.',
  });
}
