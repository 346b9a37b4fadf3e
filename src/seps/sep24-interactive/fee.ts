import { formatAmount, parsePositiveAmount } from '../../kernel/amounts.ts';
import { type AnchorContext, checkLimits, feeFor } from '../../transfers/index.ts';
import type { Fields } from '../shared/body.ts';
import { requestedAsset } from './assets.ts';
import { parameterInvalid, parameterMissing } from './errors.ts';

/**
 * GET /sep24/fee (S24-76): only there where /info cannot say the fee, because the project has a `fee` integration.
 *
 * @throws PARAMETER_MISSING, PARAMETER_INVALID, ASSET_UNSUPPORTED, AMOUNT_* (400)
 */
export async function fee(ctx: AnchorContext, params: Fields): Promise<{ fee: number }> {
  const { operation, asset_code: code, amount, type } = params;
  if (operation !== 'deposit' && operation !== 'withdraw') {
    throw parameterInvalid('operation', 'must be deposit or withdraw.');
  }
  if (!code) throw parameterMissing('asset_code');
  if (!amount) throw parameterMissing('amount');
  const kind = operation === 'deposit' ? 'deposit' : 'withdrawal';
  const asset = await requestedAsset(ctx, kind, code, params['asset_issuer'] || undefined);
  const units = parsePositiveAmount(amount);
  checkLimits(asset, kind, units);
  const counted = await feeFor(ctx, asset, kind, units, { type: type?.slice(0, 100) });
  return { fee: Number(formatAmount(counted.fee)) };
}
