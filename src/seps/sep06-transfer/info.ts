import type { AnchorContext, AssetRow, Kind } from '../../transfers/index.ts';
import { offeredAssets } from '../shared/assets.ts';
import { textsFor } from '../shared/messages/index.ts';
import { termsOf } from '../shared/terms.ts';
import { type Methods, methodsOf } from './methods.ts';

type Entry = Record<string, unknown>;

/**
 * One asset (S6-04): `funding_methods` with the older `fields` and `types` beside it, which wallets and the test suite still read
 * (S6-06, S6-07). A deposit lists its fields as optional, because which of them are needed depends on the method.
 */
function entry(ctx: AnchorContext, asset: AssetRow, kind: Kind, methods: Methods, lang: string): Entry {
  const names = Object.keys(methods);
  const common = {
    enabled: true,
    authentication_required: true,
    funding_methods: names,
    ...termsOf(ctx, asset, kind),
  };
  if (kind === 'withdrawal') {
    const types = names.map((name) => [name, { fields: methods[name]?.fields ?? {} }] as const);
    return { ...common, types: Object.fromEntries(types) };
  }
  const fields: Entry = {
    type: { description: textsFor(lang)('method.type'), optional: true, choices: names },
  };
  for (const name of names) {
    for (const [field, request] of Object.entries(methods[name]?.fields ?? {})) {
      fields[field] ??= { ...request, optional: true };
    }
  }
  return { ...common, fields };
}

async function list(ctx: AnchorContext, assets: AssetRow[], kind: Kind, exchange: boolean, lang: string) {
  const entries: Record<string, Entry> = {};
  for (const asset of assets) {
    // of several issuers of a code the first one is the default
    if (entries[asset.code] !== undefined) continue;
    const enabled = kind === 'deposit' ? asset.deposit_enabled : asset.withdrawal_enabled;
    entries[asset.code] = enabled
      ? entry(ctx, asset, kind, await methodsOf(ctx, asset, kind, exchange, lang), lang)
      : { enabled: false };
  }
  return entries;
}

/** GET /sep6/info (S6-03 to S6-08). @throws HOOK_FAILED, HOOK_ANSWER_INVALID */
export async function info(ctx: AnchorContext, lang: string) {
  const assets = await offeredAssets(ctx, 6);
  const exchanged = ctx.project.seps.includes(38) ? assets.filter((asset) => asset.sep38_enabled === 1) : [];
  const codedFee = ctx.project.integrations.fee !== undefined;
  return {
    deposit: await list(ctx, assets, 'deposit', false, lang),
    'deposit-exchange': await list(ctx, exchanged, 'deposit', true, lang),
    withdraw: await list(ctx, assets, 'withdrawal', false, lang),
    'withdraw-exchange': await list(ctx, exchanged, 'withdrawal', true, lang),
    fee: {
      enabled: codedFee,
      ...(codedFee ? { authentication_required: true } : {}),
      description: textsFor(lang)('fee.description'),
    },
    transactions: { enabled: true, authentication_required: true },
    transaction: { enabled: true, authentication_required: true },
    features: {
      account_creation: ctx.project.sep24.accountCreation,
      claimable_balances: ctx.project.sep24.claimableBalances,
    },
  };
}
