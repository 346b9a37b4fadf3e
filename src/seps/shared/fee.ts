import { formatAmount, parsePositiveAmount } from '../../kernel/amounts.ts';
import { type AnchorContext, checkLimits, feeFor } from '../../transfers/index.ts';
import { requestedAsset } from './assets.ts';
import type { Fields } from './body.ts';
import { parameterInvalid, parameterMissing } from './faults.ts';

/**
 * GET /fee of SEP-24 and SEP-6 (S24-76, S6-41): only there where /info cannot say the fee, because the project has a `fee` integration.
 *
 * @throws PARAMETER_MISSING, PARAMETER_INVALID, ASSET_UNSUPPORTED, AMOUNT_* (400)
 */
export async function fee(ctx: AnchorContext, sep: 6 | 24, params: Fields): Promise<{ fee: number }> {
  const { operation, asset_code: code, amount, type } = params;
  if (operation !== 'deposit' && operation !== 'withdraw') {
    throw parameterInvalid('operation', 'must be deposit or withdraw.');
  }
  if (!code) throw parameterMissing('asset_code');
  if (!amount) throw parameterMissing('amount');
  const kind = operation === 'deposit' ? 'deposit' : 'withdrawal';
  const asset = await requestedAsset(ctx, sep, kind, code, params['asset_issuer'] || undefined);
  const units = parsePositiveAmount(amount);
  checkLimits(asset, kind, units);
  const counted = await feeFor(ctx, asset, kind, units, { type: type?.slice(0, 100) });
  return { fee: Number(formatAmount(counted.fee)) };
}
