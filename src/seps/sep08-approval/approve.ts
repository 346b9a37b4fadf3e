import type { Transaction } from '@stellar/stellar-sdk';
import * as v from 'valibot';
import type { ApprovalAnswer } from '../../config/optional-hooks.ts';
import { AnchorError, badInput } from '../../kernel/errors.ts';
import { loadSdk } from '../../stellar/sdk.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { callHook } from '../../transfers/hooks.ts';
import type { AssetRow } from '../../transfers/rows.ts';
import { issuerMaySign, operationViews, readTransaction } from './transaction.ts';

const text = v.pipe(v.string(), v.minLength(1));
const https = v.pipe(v.string(), v.url(), v.startsWith('https://'));

/** What the hook may answer; its names as SEP-8 has them (SO-05). */
const answered: v.GenericSchema<unknown, ApprovalAnswer> = v.variant('status', [
  v.object({ status: v.literal('success'), tx: v.optional(text), message: v.optional(text) }),
  v.object({ status: v.literal('revised'), tx: text, message: text }),
  v.object({
    status: v.literal('pending'),
    timeout: v.pipe(v.number(), v.integer(), v.minValue(0)),
    message: v.optional(text),
  }),
  v.object({
    status: v.literal('action_required'),
    message: text,
    actionUrl: https,
    actionMethod: v.optional(v.picklist(['GET', 'POST'])),
    actionFields: v.optional(v.array(text)),
  }),
  v.object({ status: v.literal('rejected'), error: text }),
]);

/**
 * Asks the hook about a transaction and answers as SEP-8 does.
 *
 * @param xdr the envelope as the wallet sent it
 * @throws PARAMETER_MISSING, TRANSACTION_UNREADABLE (400), HOOK_FAILED, HOOK_ANSWER_INVALID
 */
export async function approve(
  ctx: AnchorContext,
  asset: AssetRow,
  xdr: string | undefined,
): Promise<Record<string, unknown>> {
  if (xdr === undefined || xdr === '') throw badInput('PARAMETER_MISSING', 'tx is missing.');
  const asked = await readTransaction(xdr, ctx.project.network.passphrase);
  const hook = ctx.project.integrations.approval;
  if (hook === undefined) return { status: 'rejected', error: 'Nobody decides about this asset now.' };
  const bounds = asked.timeBounds;
  const memo = asked.memo.value;
  const request = {
    assetCode: asset.code,
    assetIssuer: asset.issuer,
    tx: xdr,
    source: asked.source,
    sequence: asked.sequence,
    memo:
      memo === null || memo === undefined
        ? null
        : Buffer.isBuffer(memo)
          ? memo.toString('hex')
          : String(memo),
    timeBounds: bounds ? { minTime: String(bounds.minTime), maxTime: String(bounds.maxTime) } : null,
    operations: operationViews(asked),
  };
  const said = await callHook(ctx, 'approval', (hookContext) => hook(request, hookContext), answered);
  switch (said.status) {
    case 'success':
      return { ...said, tx: await approved(ctx, asset, asked, said.tx) };
    case 'revised':
      return { ...said, tx: await revised(ctx, asset, asked, said.tx) };
    case 'action_required': {
      const { actionUrl, actionMethod, actionFields, ...rest } = said;
      return {
        ...rest,
        action_url: actionUrl,
        ...(actionMethod === undefined ? {} : { action_method: actionMethod }),
        ...(actionFields === undefined ? {} : { action_fields: actionFields }),
      };
    }
    default:
      return { ...said };
  }
}

/** The very transaction that was asked about, with the issuer's signature: the hook's, or ours. */
async function approved(
  ctx: AnchorContext,
  asset: AssetRow,
  asked: Transaction,
  signed: string | undefined,
): Promise<string> {
  const given = signed === undefined ? asked : await ofHook(ctx, signed);
  if (!given.hash().equals(asked.hash()))
    throw invalid('a success with another transaction than was asked about');
  if (await sign(ctx, asset, given)) return given.toXDR();
  if (signed === undefined)
    throw invalid('no tx, and the key of the issuer is not here: sign it in the hook');
  if (given.signatures.length <= asked.signatures.length)
    throw invalid('a tx that the issuer has not signed');
  return given.toXDR();
}

/** Another transaction of the same sender, signed by the issuer; the wallet lets its user decide and signs too. */
async function revised(ctx: AnchorContext, asset: AssetRow, asked: Transaction, tx: string): Promise<string> {
  const given = await ofHook(ctx, tx);
  if (given.source !== asked.source) throw invalid('a tx of another source account');
  if (!(await sign(ctx, asset, given)) && given.signatures.length === 0) {
    throw invalid('a tx that the issuer has not signed');
  }
  return given.toXDR();
}

/** Adds the issuer's signature where its key is here. @throws ISSUER_REFUSES (400) */
async function sign(ctx: AnchorContext, asset: AssetRow, transaction: Transaction): Promise<boolean> {
  const seed = ctx.project.secrets.issuerSeed;
  const { Keypair } = await loadSdk();
  const key = seed === undefined ? null : Keypair.fromSecret(seed);
  if (key === null || key.publicKey() !== asset.issuer) return false;
  if (!issuerMaySign(transaction, asset)) {
    throw badInput(
      'ISSUER_REFUSES',
      `The issuer signs nothing but the authorization of trustlines of ${asset.code} for itself.`,
    );
  }
  const hash = transaction.hash();
  const there = transaction.signatures.some(
    (one) => one.hint().equals(key.signatureHint()) && key.verify(hash, one.signature()),
  );
  if (!there) transaction.sign(key);
  return true;
}

async function ofHook(ctx: AnchorContext, xdr: string): Promise<Transaction> {
  try {
    return await readTransaction(xdr, ctx.project.network.passphrase);
  } catch (error) {
    throw AnchorError.is(error) ? invalid('a tx that cannot be read') : error;
  }
}

const invalid = (found: string): AnchorError =>
  new AnchorError({
    code: 'HOOK_ANSWER_INVALID',
    message: `The integration approval answered ${found}.`,
    hint: 'Correct approval in integrations.ts.',
  });
