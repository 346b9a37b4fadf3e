import { isUuid } from '../../kernel/ids.ts';
import { splitMuxed } from '../../kernel/strkey.ts';
import {
  type AnchorContext,
  type AssetRow,
  checkLimits,
  createTransaction,
  findOwned,
  findOwnedBy,
  issueInteractiveToken,
  type Kind,
  listOwned,
  type TransactionRow,
} from '../../transfers/index.ts';
import { interactiveUrl } from '../../transfers/links.ts';
import type { Principal } from '../shared/principal.ts';
import { offeredAssets, requestedAsset } from './assets.ts';
import { assetUnsupported, parameterInvalid, transactionNotFound } from './errors.ts';
import { pollOwned, recentAsset } from './poll.ts';
import type { FindRequest, InteractiveRequest, ListRequest } from './schema.ts';
import { printTransaction, refundsOf, type Sep24Transaction } from './view.ts';

/** Where a request without `account` means (S24-P06): the account of the token, the muxed one if it named that. */
const ownAccount = (principal: Principal): string =>
  principal.subject.startsWith('M') ? principal.subject : principal.account;

/** What the anchor does not convert is refused: there are no quotes to convert by. */
function checkOffchain(asset: AssetRow, offchain: string | undefined): void {
  if (offchain !== undefined && offchain !== asset.anchored_asset) throw assetUnsupported();
}

/** The deprecated user discriminator of withdrawals (S24-23): the token's own memo wins, another one is a contradiction. */
function checkDiscriminator(principal: Principal, request: InteractiveRequest): void {
  if (request.memo === null || principal.memo === null) return;
  if (request.memo.type !== 'id' || request.memo.value !== principal.memo) {
    throw parameterInvalid('memo', 'contradicts the memo of the login.');
  }
}

/** S24-17. @throws PARAMETER_INVALID (400), NETWORK_UNAVAILABLE (503) */
async function checkDestination(ctx: AnchorContext, account: string): Promise<void> {
  if (ctx.project.sep24.accountCreation) return;
  const base = account.startsWith('M') ? splitMuxed(account).account : account;
  if ('missing' in (await ctx.network.account(base))) {
    throw parameterInvalid(
      'account',
      'does not exist on the network, and this anchor does not create accounts.',
    );
  }
}

/**
 * Begins a deposit or withdrawal (S24-15, S24-16): a record in `incomplete` and the address of its pages.
 *
 * @throws ASSET_UNSUPPORTED, AMOUNT_*, PARAMETER_INVALID (400), NETWORK_UNAVAILABLE (503)
 */
export async function beginInteractive(
  ctx: AnchorContext,
  principal: Principal,
  kind: Kind,
  request: InteractiveRequest,
  fields: Record<string, string>,
): Promise<{ id: string; url: string }> {
  const asset = await requestedAsset(ctx, kind, request.assetCode, request.assetIssuer);
  checkOffchain(asset, request.offchainAsset);
  if (request.amountUnits !== undefined) checkLimits(asset, kind, request.amountUnits);
  const account = request.account ?? ownAccount(principal);
  if (kind === 'deposit') {
    if (request.memo !== null && account.startsWith('M')) {
      throw parameterInvalid('memo', 'cannot go with an M… address, which names its user already.');
    }
    await checkDestination(ctx, account);
  } else {
    checkDiscriminator(principal, request);
  }
  return ctx.db.write(async (trx) => {
    const row = await createTransaction(ctx, trx, {
      sep: '24',
      kind,
      assetId: asset.id,
      owner: principal.owner,
      subject: principal.subject,
      account,
      clientDomain: principal.clientDomain,
      memo: kind === 'deposit' ? request.memo : null,
      refundMemo: request.refundMemo,
      claimableBalanceSupported: kind === 'deposit' && request.claimableBalanceSupported,
      amountUnits: request.amountUnits ?? null,
      customerId: request.customerId ?? null,
      offchainAsset: request.offchainAsset ?? null,
      lang: request.lang,
      ...(Object.keys(fields).length === 0 ? {} : { fields }),
    });
    return { id: row.id, url: interactiveUrl(ctx, row.id, await issueInteractiveToken(ctx, row, trx)) };
  });
}

async function printAll(
  ctx: AnchorContext,
  rows: readonly TransactionRow[],
  assets: ReadonlyMap<string, AssetRow>,
): Promise<Sep24Transaction[]> {
  const refunds = await refundsOf(ctx, rows);
  return rows.map((row) =>
    printTransaction(
      ctx,
      row,
      assets.get(row.asset_id) as AssetRow,
      refunds.filter((refund) => refund.transactionId === row.id),
    ),
  );
}

/** GET /transactions (S24-43 to S24-50). @throws ASSET_UNSUPPORTED, PARAMETER_INVALID (400) */
export async function listTransactions(
  ctx: AnchorContext,
  principal: Principal,
  request: ListRequest,
): Promise<Sep24Transaction[]> {
  const assets = (await offeredAssets(ctx)).filter((asset) => asset.code === request.assetCode);
  if (assets.length === 0) throw assetUnsupported();
  let after: TransactionRow | null = null;
  if (request.pagingId !== undefined) {
    after = isUuid(request.pagingId) ? await findOwned(ctx.db.read, request.pagingId, principal) : null;
    if (after === null) throw parameterInvalid('paging_id', 'is not the id of a transaction of yours.');
  }
  const rows = await listOwned(ctx.db.read, principal, {
    sep: '24',
    assetIds: assets.map((asset) => asset.id),
    limit: request.limit,
    ...(request.kind === undefined ? {} : { kind: request.kind }),
    ...(request.noOlderThan === undefined ? {} : { noOlderThan: request.noOlderThan }),
    ...(after === null ? {} : { after }),
  });
  return printAll(ctx, rows, new Map(assets.map((asset) => [asset.id, asset])));
}

/** Ids that no record can have need no look-up, and databases do not take every text. */
function plausible(key: FindRequest): boolean {
  const { id, stellar_transaction_id: hash, external_transaction_id: external } = key;
  return (
    (id === undefined || isUuid(id)) &&
    (hash === undefined || /^[0-9a-fA-F]{64}$/.test(hash)) &&
    (external === undefined || (external.length <= 500 && !external.includes('\0')))
  );
}

/** GET /transaction (S24-51 to S24-54). @throws TRANSACTION_NOT_FOUND (404) */
export async function findTransaction(
  ctx: AnchorContext,
  principal: Principal,
  key: FindRequest,
): Promise<Sep24Transaction> {
  if (!plausible(key)) throw transactionNotFound();
  const { id, stellar_transaction_id: hash, external_transaction_id: external } = key;
  const row =
    id !== undefined && hash === undefined && external === undefined
      ? await pollOwned(ctx, id, principal)
      : await findOwnedBy(ctx.db.read, { ...key, stellar_transaction_id: hash?.toLowerCase() }, principal);
  if (row === null) throw transactionNotFound();
  const asset = await recentAsset(ctx, row.asset_id);
  return printTransaction(ctx, row, asset, await refundsOf(ctx, [row]));
}
