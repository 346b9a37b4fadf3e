import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { formatAmount, parsePositiveAmount } from '../../kernel/amounts.ts';
import { AnchorError, badInput, messageOf } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import { type AnchorContext, allAssets } from '../../transfers/index.ts';
import { type AnchorTransaction, createWallet } from '../../wallet/index.ts';
import { htmlResponse, redirectResponse } from '../headers.ts';
import { renderPage } from '../render.ts';
import { refuseForeignOrigin } from '../request.ts';
import { demoWalletSeed } from './seed.ts';

type Wallet = ReturnType<typeof createWallet>;

/**
 * `/demo-wallet`: a wallet to click through, on the sandbox. The person fills the anchor's interactive pages in the browser; the
 * protocol around them (SEP-1, 10, 24, Stellar payments) runs over HTTP exactly as from any other wallet.
 */
export function demoWalletRoutes(ctx: AnchorContext): Hono {
  const app = new Hono();
  if (ctx.project.network.name !== 'sandbox') return app;
  app.use('/demo-wallet/*', bodyLimit({ maxSize: limits.bodyBytes }));
  app.get('/demo-wallet', (c) => walletPage(ctx, c.req.query('notice')));
  app.post('/demo-wallet/open', (c) => acting(ctx, c, open));
  app.post('/demo-wallet/pay', (c) => acting(ctx, c, payAtBank));
  app.post('/demo-wallet/send', (c) => acting(ctx, c, sendStellar));
  return app;
}

const wallets = new WeakMap<AnchorContext, Promise<Wallet>>();

/** One wallet per anchor, so that it logs in once and not with every look at the page. */
function walletFor(ctx: AnchorContext): Promise<Wallet> {
  const known = wallets.get(ctx) ?? makeWallet(ctx);
  wallets.set(ctx, known);
  known.catch(() => wallets.delete(ctx));
  return known;
}

async function makeWallet(ctx: AnchorContext): Promise<Wallet> {
  const { network, hostUrl } = ctx.project;
  return createWallet({
    homeUrl: hostUrl,
    horizonUrl: network.horizonUrl,
    friendbotUrl: network.friendbotUrl,
    seed: await demoWalletSeed(ctx),
    fetch: ctx.fetch,
    clock: ctx.clock,
  });
}

interface View {
  assets: string[];
  address: string;
  balances: { asset: string; amount: string }[];
  transactions: (AnchorTransaction & { asset: string })[];
  fault: string | null;
}

/** The wallet's own data; a network that does not answer is shown on the page rather than in its place. */
async function view(ctx: AnchorContext, wallet: Wallet): Promise<View> {
  const assets = [...(await allAssets(ctx.db.read)).values()]
    .filter((asset) => asset.sep24_enabled === 1)
    .map((asset) => asset.code);
  const address = await wallet.address();
  try {
    const lists = await Promise.all(
      assets.map(async (asset) => (await wallet.transactions(asset)).map((item) => ({ ...item, asset }))),
    );
    const balances = Object.entries(await wallet.balances()).map(([asset, amount]) => ({
      asset: asset === 'native' ? 'XLM' : (asset.split(':')[0] ?? asset),
      amount,
    }));
    const transactions = lists.flat().sort((a, b) => ((a.started_at ?? '') < (b.started_at ?? '') ? 1 : -1));
    return { assets, address, balances, transactions: transactions.slice(0, 10), fault: null };
  } catch (error) {
    return { assets, address, balances: [], transactions: [], fault: messageOf(error) };
  }
}

async function walletPage(
  ctx: AnchorContext,
  notice: string | undefined,
  fault?: string,
  status = 200,
): Promise<Response> {
  const seen = await view(ctx, await walletFor(ctx));
  const moving = seen.transactions.some(
    ({ status: state }) => !['completed', 'expired', 'refunded', 'error'].includes(state),
  );
  const page = renderPage(ctx, 'demo-wallet', {
    title: 'Demo wallet',
    ...seen,
    notice: notice?.slice(0, 200) ?? null,
    fault: fault ?? seen.fault,
    testBank: ctx.project.integrations.testBank !== undefined,
    refreshSeconds: moving ? 5 : undefined,
    scripts: ['demo-wallet.js'],
    moving,
  });
  return htmlResponse(page, { status });
}

type Action = (ctx: AnchorContext, wallet: Wallet, input: Record<string, string>) => Promise<string>;

/** Runs an action and goes where it says; what it refuses is said on the wallet's page. */
async function acting(ctx: AnchorContext, c: Context, action: Action): Promise<Response> {
  try {
    refuseForeignOrigin(ctx, c);
    const body = await c.req.parseBody();
    const input = Object.fromEntries(
      Object.entries(body).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    );
    return redirectResponse(await action(ctx, await walletFor(ctx), input), 303);
  } catch (error) {
    if (!AnchorError.is(error)) throw error;
    ctx.log.warn('demo_wallet_refused', { code: error.code, message: error.message });
    return walletPage(ctx, undefined, error.message, error.httpStatus < 500 ? error.httpStatus : 502);
  }
}

const open: Action = async (_ctx, wallet, input) => {
  const kind = input['kind'];
  if (kind !== 'deposit' && kind !== 'withdraw')
    throw badInput('KIND_INVALID', 'Choose deposit or withdraw.');
  const amount = formatAmount(parsePositiveAmount(input['amount']));
  const { url } = await wallet.open(kind, input['asset'] ?? '', amount);
  return url;
};

const payAtBank: Action = async (_ctx, wallet, input) => {
  await wallet.payAtBank(input['id'] ?? '', input['amount'] ?? '');
  return notice('Paid at the bank. The anchor sees the money at its next look.');
};

const sendStellar: Action = async (_ctx, wallet, input) => {
  const hash = await wallet.sendWithdrawal(input['asset'] ?? '', input['id'] ?? '');
  return notice(`Sent on Stellar: ${hash}`);
};

const notice = (text: string): string => `/demo-wallet?notice=${encodeURIComponent(text)}`;
