import { formatAmount } from '../../kernel/amounts.ts';
import { assetKey, isNative, type StellarAsset } from '../../kernel/assets.ts';
import { AnchorError } from '../../kernel/errors.ts';
import type { Operation } from '../../stellar/build.ts';
import { type KeyPair, keyPairFromSeed } from '../../stellar/keys.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import type { AssetRow } from '../../transfers/index.ts';
import { asksForMemo } from '../memo-required.ts';
import { balanceOf, checkReserve, ensureAccount, existing, type Say } from './accounts.ts';
import { assetOfRow, checkNotIssuer, findAssets, type Registered, registerRow } from './assets.ts';
import { memoEntry } from './memo-entry.ts';
import { type Seeds, storedKey, takeDistributionKey } from './seeds.ts';
import { achieve } from './transact.ts';

/**
 * Registers an asset that exists: its issuer is looked up, the distribution account is made where friendbot can, its trustline is
 * set, the key is kept encrypted. Safe to repeat; what is there already is left alone.
 *
 * @throws ISSUER_NOT_FOUND, ACCOUNT_MISSING, DISTRIBUTION_SEED_MISSING, DISTRIBUTION_IS_ISSUER, RESERVE_TOO_LOW,
 *   TRANSACTION_REFUSED, NETWORK_UNAVAILABLE
 */
export async function registerAsset(
  ctx: AnchorContext,
  asset: StellarAsset,
  seeds: Seeds,
  say: Say,
): Promise<Registered> {
  const known = (await findAssets(ctx, isNative(asset) ? 'native' : asset.code)).find(
    (row) => row.issuer === (asset.issuer ?? ''),
  );
  await checkIssuer(ctx, asset);
  if (known !== undefined) {
    await completeKnown(ctx, known, seeds, say);
    return {
      code: known.code,
      issuer: asset.issuer,
      distribution: known.distribution_account,
      created: false,
    };
  }
  const distribution = await takeDistributionKey(ctx, seeds);
  checkNotIssuer(distribution.key.publicKey, asset);
  await completeDistribution(ctx, asset, distribution.key, seeds, say);
  const { key, seed } = distribution;
  return registerRow(ctx, asset, { account: key.publicKey, seed }, { sample: false });
}

/** What is missing of a registered asset's account is made with its key; where the key is kept elsewhere, it is only checked. */
export async function completeKnown(
  ctx: AnchorContext,
  row: AssetRow,
  seeds: Seeds,
  say: Say,
): Promise<void> {
  const asset = assetOfRow(row);
  if (row.distribution_seed === null && (await seeds.distribution()) === null) {
    await checkDistribution(ctx, asset, row.distribution_account, seeds, say);
    return;
  }
  await completeDistribution(ctx, asset, await storedKey(ctx, row.distribution_account), seeds, say);
}

/**
 * Registers an asset whose distribution account is signed for elsewhere: by the external signer, or by co-signers. No key of it is here,
 * so account and trustline have to be there.
 *
 * @throws as registerAsset, and TRUSTLINE_MISSING
 */
export async function registerElsewhere(
  ctx: AnchorContext,
  asset: StellarAsset,
  account: string,
  seeds: Seeds,
  say: Say,
): Promise<Registered> {
  await checkIssuer(ctx, asset);
  checkNotIssuer(account, asset);
  await checkDistribution(ctx, asset, account, seeds, say);
  return registerRow(ctx, asset, { account, seed: null }, { sample: false });
}

async function checkDistribution(
  ctx: AnchorContext,
  asset: StellarAsset,
  account: string,
  seeds: Seeds,
  say: Say,
): Promise<void> {
  const found = await existing(ctx, account);
  if (found === null) {
    throw new AnchorError({
      code: 'ACCOUNT_MISSING',
      message: `The distribution account ${account} does not exist on the ${ctx.project.network.name} network.`,
      hint: 'Make it where its keys are, then run this command again.',
    });
  }
  say(`the keys of ${account} are kept elsewhere; nothing is changed there`);
  if (!asksForMemo(found)) say(`${account} does not ask for a memo yet: anchor doctor says how to set that`);
  if (isNative(asset)) return;
  if (balanceOf(found, assetKey(asset)) === null) {
    throw new AnchorError({
      code: 'TRUSTLINE_MISSING',
      message: `The distribution account ${account} has no trustline for ${assetKey(asset)}.`,
      hint: 'Set it where its keys are (a changeTrust operation), then run this command again.',
    });
  }
  await authorize(ctx, asset, account, seeds, say);
  await tellFunds(ctx, asset, account, say);
}

async function checkIssuer(ctx: AnchorContext, asset: StellarAsset): Promise<void> {
  if (asset.issuer === null || (await existing(ctx, asset.issuer)) !== null) return;
  throw new AnchorError({
    code: 'ISSUER_NOT_FOUND',
    message: `The issuer ${asset.issuer} does not exist on the ${ctx.project.network.name} network.`,
    hint: 'Check the account and [network] in anchor.toml. To issue an asset of your own: anchor issue-asset CODE',
  });
}

/**
 * Account, trustline, the entry that asks for a memo (SEP-29, SO-08) and, where we hold the issuer's key and it must authorize, its
 * authorization.
 */
export async function completeDistribution(
  ctx: AnchorContext,
  asset: StellarAsset,
  key: KeyPair,
  seeds: Seeds,
  say: Say,
): Promise<void> {
  await ensureAccount(ctx, key.publicKey, 'distribution', say);
  const name = assetKey(asset);
  const done = new Set<string>();
  await achieve(ctx, async () => {
    const account = await ensureAccount(ctx, key.publicKey, 'distribution', say);
    const operations: Operation[] = [];
    if (!isNative(asset) && balanceOf(account, name) === null) {
      await checkReserve(ctx, account, 1);
      operations.push({ type: 'changeTrust', asset });
      done.add(`the distribution account ${key.publicKey} trusts ${name}`);
    }
    const entry = await memoEntry(ctx, account, key.publicKey, operations.length);
    if (entry !== null) {
      operations.push(entry);
      done.add(`the distribution account ${key.publicKey} asks for a memo on payments to it`);
    }
    if (operations.length === 0) return null;
    return { purpose: `trust ${name}`, source: key, operations, signers: [key] };
  });
  for (const line of done) say(line);
  if (isNative(asset)) return;
  await authorize(ctx, asset, key.publicKey, seeds, say);
  await tellFunds(ctx, asset, key.publicKey, say);
}

async function authorize(
  ctx: AnchorContext,
  asset: StellarAsset,
  distribution: string,
  seeds: Seeds,
  say: Say,
): Promise<void> {
  const lineOf = async () => {
    const account = await existing(ctx, distribution);
    return account === null ? null : balanceOf(account, assetKey(asset));
  };
  if ((await lineOf())?.authorized !== false) return;
  const seed = await seeds.issuer();
  const issuer = seed === null ? null : keyPairFromSeed(seed);
  if (issuer === null || issuer.publicKey !== asset.issuer) {
    say(
      `the issuer of ${asset.code} has to authorize the distribution account ${distribution} before it can hold any`,
    );
    return;
  }
  const operations: Operation[] = [
    { type: 'setTrustLineFlags', trustor: distribution, asset, authorized: true },
  ];
  await achieve(ctx, async () =>
    (await lineOf())?.authorized === false
      ? { purpose: `authorize ${assetKey(asset)}`, source: issuer, operations, signers: [issuer] }
      : null,
  );
  say(`authorized the distribution account for ${asset.code}`);
}

async function tellFunds(ctx: AnchorContext, asset: StellarAsset, account: string, say: Say): Promise<void> {
  const found = await existing(ctx, account);
  const balance = found === null ? 0n : (balanceOf(found, assetKey(asset))?.balance ?? 0n);
  if (balance > 0n) say(`it holds ${formatAmount(balance)} ${asset.code}`);
  else
    say(
      `it holds no ${asset.code} yet: deposits wait for funds until somebody pays some ${asset.code} to ${account}`,
    );
}
