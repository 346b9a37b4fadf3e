import { formatAmount } from '../../../src/kernel/amounts.ts';
import { assetId } from '../../../src/kernel/assets.ts';
import { type Memo, printMemo } from '../../../src/kernel/memos.ts';
import { type Principal, parseSubject } from '../../../src/kernel/principal.ts';
import { firmQuote, NO_DELIVERY } from '../../../src/quotes/index.ts';
import { parseTransfer } from '../../../src/seps/sep06-transfer/schema.ts';
import { beginTransfer } from '../../../src/seps/sep06-transfer/service.ts';
import { parsePayment } from '../../../src/seps/sep31-payments/schema.ts';
import { takePayment } from '../../../src/seps/sep31-payments/service.ts';
import type { AnchorContext } from '../../../src/transfers/index.ts';
import type { Flow, Promised } from '../flow.ts';
import { EURO } from '../prices.ts';
import type { World } from '../world.ts';

/** What the anchor answered a request without pages. */
export interface Answered {
  id: string;
  account: string | null;
  memo: string | null;
  promised: Promised | null;
}

const memoFields = (name: string, memo: Memo | null): Record<string, string> =>
  memo === null ? {} : { [name]: printMemo(memo), [`${name}_type`]: memo.type };

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** A firm quote for what the flow brings in, as the user is told it. */
async function quoteFor(ctx: AnchorContext, world: World, flow: Flow, who: Principal) {
  const onchain = assetId(world.template.cast.asset);
  const [sellAsset, buyAsset] = flow.kind === 'deposit' ? [EURO, onchain] : [onchain, EURO];
  const quote = await firmQuote(ctx, who, {
    ...NO_DELIVERY,
    sellAsset,
    buyAsset,
    given: { sell: flow.units },
    context: flow.sep === '31' ? 'sep31' : 'sep6',
    expireAfter: null,
  });
  const promised = { sell: quote.sell_units, buy: quote.buy_units, until: Date.parse(quote.expires_at) };
  return { id: quote.id, promised };
}

/** One request of SEP-6 or SEP-31, with a quote of its own where the flow wants one: the quote of an answer that got lost is used up. */
export async function request(ctx: AnchorContext, world: World, flow: Flow): Promise<Answered> {
  const who = parseSubject(flow.account);
  if (who === null) throw new Error(`${flow.account} is no principal`);
  const quote = flow.exchange === 'quoted' ? await quoteFor(ctx, world, flow, who) : null;
  const promised = quote?.promised ?? null;
  const params: Record<string, string> = {
    amount: formatAmount(flow.units),
    ...(quote === null ? {} : { quote_id: quote.id }),
    ...memoFields('refund_memo', flow.refundMemo),
  };
  return flow.sep === '31'
    ? { ...(await payment(ctx, world, flow, who, params)), promised }
    : { ...(await transfer(ctx, world, flow, who, params)), promised };
}

type Unpromised = Omit<Answered, 'promised'>;

async function transfer(
  ctx: AnchorContext,
  world: World,
  flow: Flow,
  who: Principal,
  more: Record<string, string>,
): Promise<Unpromised> {
  const { code, issuer } = world.template.cast.asset;
  const deposit = flow.kind === 'deposit';
  const [onchain, offchain] = deposit
    ? ['destination_asset', 'source_asset']
    : ['source_asset', 'destination_asset'];
  const params = {
    ...more,
    asset_issuer: issuer ?? '',
    ...(flow.exchange === null ? { asset_code: code } : { [onchain]: code, [offchain]: EURO }),
    ...(deposit
      ? { account: flow.account, ...memoFields('memo', flow.memo) }
      : { dest: 'DE89370400440532013000', type: 'bank_account' }),
  };
  const read = parseTransfer(flow.kind, flow.exchange !== null, params, true);
  const { status, body } = await beginTransfer(ctx, who, read, params);
  if (status !== 200) throw new Error(`SEP-6 answered ${status}`);
  return { id: String(body['id']), account: textOf(body['account_id']), memo: textOf(body['memo']) };
}

async function payment(
  ctx: AnchorContext,
  world: World,
  flow: Flow,
  who: Principal,
  more: Record<string, string>,
): Promise<Unpromised> {
  const { code, issuer } = world.template.cast.asset;
  const asked = { ...more, asset_code: code, asset_issuer: issuer ?? '' };
  const { status, body } = await takePayment(
    ctx,
    who,
    parsePayment(flow.exchange === null ? asked : { ...asked, destination_asset: EURO }),
  );
  if (status !== 201) throw new Error(`SEP-31 answered ${status}`);
  const [account, memo] = [textOf(body['stellar_account_id']), textOf(body['stellar_memo'])];
  return { id: String(body['id']), account, memo };
}
