import { SEP31_PRESET } from '../../config/project.ts';
import type { AnchorContext } from '../../transfers/index.ts';
import { offeredAssets } from '../shared/assets.ts';
import { termsOf } from '../shared/terms.ts';
import { paymentFields } from './fields.ts';
import { kycTypes } from './kyc.ts';

/** GET /sep31/info (S31-03 to S31-07). `enabled` is not of the SEP: clients look for it (S31-05). */
export async function info(ctx: AnchorContext, lang: string) {
  const { fundingMethods, quotesRequired } = ctx.project.sep31 ?? SEP31_PRESET;
  const receive: Record<string, object> = {};
  for (const asset of await offeredAssets(ctx, 31)) {
    if (!asset.withdrawal_enabled || asset.code in receive) continue;
    const { fee_minimum: _, ...terms } = termsOf(ctx, asset, 'withdrawal');
    const quotes = ctx.project.seps.includes(38) && asset.sep38_enabled === 1;
    const types = kycTypes(ctx, lang);
    const wanted = await paymentFields(ctx, asset, lang);
    receive[asset.code] = {
      enabled: true,
      ...terms,
      funding_methods: fundingMethods,
      quotes_supported: quotes,
      quotes_required: quotes && quotesRequired,
      sep12: types,
      ...firstTypes(types),
      ...(Object.keys(wanted).length === 0 ? {} : { fields: { transaction: wanted } }),
    };
  }
  return { receive };
}

/** What clients read that know no lists of types. */
function firstTypes(types: ReturnType<typeof kycTypes>): Record<string, string> {
  const [sender] = Object.keys(types.sender.types ?? {});
  const [receiver] = Object.keys(types.receiver.types ?? {});
  return {
    ...(sender === undefined ? {} : { sender_sep12_type: sender }),
    ...(receiver === undefined ? {} : { receiver_sep12_type: receiver }),
  };
}
