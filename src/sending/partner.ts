import { createHash } from 'node:crypto';
import { parse } from 'smol-toml';
import { AnchorError } from '../kernel/errors.ts';
import { isAccount } from '../kernel/strkey.ts';
import type { AnchorContext, AssetRow } from '../transfers/index.ts';
import { login } from '../wallet/login.ts';
import { boundedFetch, call, checkAddress, partnerRefused, type Reply, reasonOf } from './http.ts';
import type { Person } from './request.ts';

/** What we need of the other anchor's stellar.toml (SEP-1). */
export interface Partner {
  home: string;
  signingKey: string;
  webAuth: string;
  kyc: string | null;
  payments: string;
  quotes: string | null;
  /** CODE:ISSUER */
  currencies: ReadonlySet<string>;
}

/** A partner with a token in hand. */
export interface Session {
  partner: Partner;
  token: string;
}

const SESSION_MS = 10 * 60_000;
const sessions = new WeakMap<AnchorContext, Map<string, { session: Session; until: number }>>();

/**
 * Discovers the other anchor and logs in with our signing key (SEP-10): the account that it has a contract with. A session is used for
 * ten minutes.
 *
 * @throws PARTNER_UNAVAILABLE, PARTNER_INVALID, PARTNER_REFUSED, CHALLENGE_INVALID, SIGNING_SEED_MISSING
 */
export async function sessionWith(ctx: AnchorContext, home: string): Promise<Session> {
  const known = sessions.get(ctx) ?? new Map<string, { session: Session; until: number }>();
  sessions.set(ctx, known);
  const open = known.get(home);
  if (open !== undefined && open.until > ctx.clock.now()) return open.session;
  const seed = ctx.project.secrets.signingSeed;
  if (seed === undefined) {
    throw new AnchorError({
      code: 'SIGNING_SEED_MISSING',
      message: 'SIGNING_SEED is not set: other anchors know us by its account.',
      hint: 'Run anchor setup, or put SIGNING_SEED into .env.',
    });
  }
  const partner = await discoverPartner(ctx, home);
  const token = await logIn(ctx, partner, seed);
  const session = { partner, token };
  known.set(home, { session, until: ctx.clock.now() + SESSION_MS });
  return session;
}

/** After a 403: the token may have been withdrawn. */
export const forgetSession = (ctx: AnchorContext, home: string): void => {
  sessions.get(ctx)?.delete(home);
};

async function logIn(ctx: AnchorContext, partner: Partner, seed: string): Promise<string> {
  try {
    const { passphrase } = ctx.project.network;
    return await login(
      { seed, homeUrl: partner.home, fetch: boundedFetch(ctx) },
      { webAuthEndpoint: partner.webAuth, signingKey: partner.signingKey, networkPassphrase: passphrase },
    );
  } catch (error) {
    if (!AnchorError.is(error)) throw error;
    const { code, message } = error;
    if (code === 'ANCHOR_REFUSED') throw partnerRefused('our login', message);
    if (code !== 'ANCHOR_UNREACHABLE') throw error;
    throw new AnchorError({ code: 'PARTNER_UNAVAILABLE', message, httpStatus: 503, cause: error });
  }
}

const notFit = (home: string, what: string): AnchorError =>
  new AnchorError({ code: 'PARTNER_INVALID', message: `${home} ${what}`, httpStatus: 409 });

/** @throws PARTNER_UNAVAILABLE, PARTNER_INVALID, PARTNER_ADDRESS_INVALID */
export async function discoverPartner(ctx: AnchorContext, home: string): Promise<Partner> {
  const reply = await call(ctx, 'stellar.toml', `${home}/.well-known/stellar.toml`);
  if (reply.status !== 200) throw notFit(home, `has no stellar.toml: status ${reply.status}.`);
  const toml = readToml(home, reply.text);
  const { SIGNING_KEY: signingKey, NETWORK_PASSPHRASE: passphrase } = toml;
  if (!isAccount(signingKey)) throw notFit(home, 'has no SIGNING_KEY in its stellar.toml.');
  if (passphrase !== ctx.project.network.passphrase) throw notFit(home, 'is on another network.');
  const address = (key: string): string | null =>
    toml[key] === undefined ? null : checkAddress(ctx, key, toml[key]);
  const webAuth = address('WEB_AUTH_ENDPOINT');
  const payments = address('DIRECT_PAYMENT_SERVER');
  if (webAuth === null || payments === null) {
    throw notFit(
      home,
      'takes no payments of other anchors: WEB_AUTH_ENDPOINT or DIRECT_PAYMENT_SERVER is missing.',
    );
  }
  return {
    home,
    signingKey,
    webAuth,
    payments,
    kyc: address('KYC_SERVER') ?? address('TRANSFER_SERVER'),
    quotes: address('ANCHOR_QUOTE_SERVER'),
    currencies: currenciesOf(toml),
  };
}

function readToml(home: string, text: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch {
    throw notFit(home, 'has a stellar.toml that cannot be read.');
  }
}

function currenciesOf(toml: Record<string, unknown>): Set<string> {
  const entries = Array.isArray(toml['CURRENCIES']) ? (toml['CURRENCIES'] as Record<string, unknown>[]) : [];
  return new Set(entries.map(({ code, issuer }) => `${String(code)}:${String(issuer)}`));
}

/** What the other anchor says of an asset in GET /info (S31-04). */
export interface Offer {
  fundingMethods: readonly string[];
  quotesSupported: boolean;
  quotesRequired: boolean;
  senderType: string | null;
  receiverType: string | null;
}

/** @throws PARTNER_UNAVAILABLE, PARTNER_REFUSED it does not take our asset */
export async function offerFor(ctx: AnchorContext, session: Session, asset: AssetRow): Promise<Offer> {
  const { partner, token } = session;
  const reply = await call(ctx, 'SEP-31 info', `${partner.payments}/info`, { token });
  if (reply.status !== 200) throw partnerRefused('to say what it takes', reasonOf(reply));
  const receive = record(reply.body['receive']);
  const entry = receive[asset.code];
  const same = asset.issuer === '' || partner.currencies.has(`${asset.code}:${asset.issuer}`);
  if (entry === undefined || !same) throw partnerRefused('the asset', `it does not take our ${asset.code}`);
  const terms = record(entry);
  const sep12 = record(terms['sep12']);
  const typeOf = (role: 'sender' | 'receiver'): string | null => {
    const [first] = Object.keys(record(record(sep12[role])['types']));
    const old = terms[`${role}_sep12_type`];
    return first ?? (typeof old === 'string' ? old : null);
  };
  const methods = terms['funding_methods'];
  return {
    fundingMethods: Array.isArray(methods) ? methods.filter((one) => typeof one === 'string') : [],
    quotesSupported: terms['quotes_supported'] === true,
    quotesRequired: terms['quotes_required'] === true,
    senderType: typeOf('sender'),
    receiverType: typeOf('receiver'),
  };
}

export const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

/** 53 bits of the person's id: the memo that tells our customers apart at the other anchor (S12-05). */
export function memoFor(role: string, id: string): string {
  const bits = createHash('sha256').update(`${role}\n${id}`).digest().readBigUInt64BE() & ((1n << 53n) - 1n);
  return (bits === 0n ? 1n : bits).toString();
}

export type CustomerStatus = {
  id: string;
  status: string;
  message: string | null;
  needed: readonly string[];
};

/**
 * Tells the other anchor about a customer and asks what it thinks (SEP-12).
 *
 * @param tell false: only ask, it has the data already
 * @throws PARTNER_UNAVAILABLE, PARTNER_REFUSED the data are not good
 */
export async function tellCustomer(
  ctx: AnchorContext,
  session: Session,
  who: { role: 'sender' | 'receiver'; type: string; person: Required<Person>; id: string | null },
): Promise<CustomerStatus> {
  const { partner, token } = session;
  if (partner.kyc === null) throw notFit(partner.home, 'asks for customers and has no KYC_SERVER.');
  const named = { memo: memoFor(who.role, who.person.id), memo_type: 'id', type: who.type };
  let { id } = who;
  if (id === null) {
    const body = { ...who.person.fields, ...named };
    const put = await call(ctx, 'SEP-12', `${partner.kyc}/customer`, { method: 'PUT', token, body });
    if (put.status !== 200 && put.status !== 202) throw partnerRefused(`the ${who.role}`, reasonOf(put));
    if (typeof put.body['id'] !== 'string') throw notFit(partner.home, 'gave its customer no id.');
    id = put.body['id'];
  }
  const query = new URLSearchParams({ id, ...named });
  const got = await call(ctx, 'SEP-12', `${partner.kyc}/customer?${query}`, { token });
  if (got.status !== 200) throw partnerRefused(`the ${who.role}`, reasonOf(got));
  const { status, message } = got.body;
  const fields = Object.entries(record(got.body['fields']));
  return {
    id,
    status: typeof status === 'string' ? status : 'PROCESSING',
    message: typeof message === 'string' ? message.slice(0, 300) : null,
    needed: fields.filter(([, field]) => record(field)['optional'] !== true).map(([name]) => name),
  };
}

/** @throws PARTNER_UNAVAILABLE */
export const askPayment = (ctx: AnchorContext, session: Session, id: string): Promise<Reply> =>
  call(ctx, 'SEP-31 transaction', `${session.partner.payments}/transactions/${encodeURIComponent(id)}`, {
    token: session.token,
  });
