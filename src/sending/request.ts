import { createHash } from 'node:crypto';
import { formatAmount, parsePositiveAmount } from '../kernel/amounts.ts';
import { parseAssetId } from '../kernel/assets.ts';
import { type AnchorError, badInput } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/index.ts';
import { checkAddress } from './http.ts';

/** Who sends or receives, as the other anchor is to know them (SEP-12). */
export interface Person {
  /** our own id of this person: the same one is the same customer there; default: a customer for this payment alone */
  id?: string;
  /** SEP-9 fields, text only. Those of the sender are also what a refund is paid out with */
  fields: Record<string, string>;
}

/** A payment to send through another anchor. */
export interface SendRequest {
  /** our own, 1 to 200 characters: asked for again under the same key, it is the same payment */
  key: string;
  /** where the other anchor's stellar.toml is, e.g. https://anchor.example.com */
  to: string;
  /** code of an asset of ours that the other anchor takes, too */
  asset: string;
  /** decimal text: what the customer pays us; our fee is taken of it, the rest is sent on */
  amount: string;
  sender: Person;
  receiver: Person;
  /** `fields.transaction` of the other anchor's /info */
  fields?: Record<string, string>;
  /** one of the other anchor's funding methods; default its only one */
  fundingMethod?: string;
  /** what the receiver is to get, SEP-38 id such as iso4217:BRL; with a firm quote where the other anchor gives them */
  destinationAsset?: string;
  /** false: no firm quote, the price is the one of the moment; default true where there is a destination asset */
  quote?: boolean;
  lang?: string;
}

/** The part of a request that is sealed in the database: it has personal data. */
export interface SealedRequest {
  sender: Required<Person>;
  receiver: Required<Person>;
  fields: Record<string, string>;
  fundingMethod: string | null;
  destinationAsset: string | null;
  quote: boolean;
  lang: string;
}

export interface CheckedRequest {
  key: string;
  home: string;
  asset: string;
  amountUnits: bigint;
  details: SealedRequest;
  digest: string;
}

const invalid = (what: string): AnchorError => badInput('SEND_INVALID', what);

function checkFields(name: string, fields: unknown): Record<string, string> {
  if (fields === undefined) return {};
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw invalid(`${name} must be an object of texts.`);
  }
  const entries = Object.entries(fields);
  for (const [key, value] of entries) {
    if (!/^[A-Za-z0-9_.-]{1,100}$/.test(key) || typeof value !== 'string' || value.length > 2_000) {
      throw invalid(`${name} must be an object of texts, each under a name such as first_name.`);
    }
  }
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)) as [string, string][]);
}

function checkPerson(name: string, person: Person | undefined, key: string): Required<Person> {
  if (typeof person !== 'object' || person === null) throw invalid(`${name} is missing.`);
  const id = person.id ?? `${name} of ${key}`;
  if (typeof id !== 'string' || id === '' || id.length > 300)
    throw invalid(`${name}.id must be a text of up to 300 characters.`);
  return { id, fields: checkFields(`${name}.fields`, person.fields) };
}

/** @throws SEND_INVALID, AMOUNT_*, ASSET_INVALID, PARTNER_ADDRESS_INVALID (400, exit 2) */
export function checkRequest(ctx: AnchorContext, request: SendRequest): CheckedRequest {
  const { key, asset, lang = 'en', fundingMethod, destinationAsset } = request;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw invalid('key must be 1 to 200 printable characters without spaces.');
  }
  if (typeof asset !== 'string') throw invalid('asset is missing.');
  if (!/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}$/.test(lang))
    throw invalid('lang must be a language tag such as en.');
  if (fundingMethod !== undefined && !/^[\x21-\x7e]{1,100}$/.test(fundingMethod)) {
    throw invalid('fundingMethod must be one of the other anchor.');
  }
  if (destinationAsset !== undefined) parseAssetId(destinationAsset);
  if (typeof request.amount !== 'string') throw invalid('amount must be decimal text such as "98.99".');
  const amountUnits = parsePositiveAmount(request.amount);
  const home = checkAddress(ctx, 'address', request.to);
  const details: SealedRequest = {
    sender: checkPerson('sender', request.sender, key),
    receiver: checkPerson('receiver', request.receiver, key),
    fields: checkFields('fields', request.fields),
    fundingMethod: fundingMethod ?? null,
    destinationAsset: destinationAsset ?? null,
    quote: request.quote ?? destinationAsset !== undefined,
    lang,
  };
  const whole = JSON.stringify([home, asset, formatAmount(amountUnits), details]);
  const digest = createHash('sha256').update(whole).digest('hex');
  return { key, home, asset, amountUnits, details, digest };
}

const scope = (id: string): string => `sends.request:${id}`;

export const sealRequest = (ctx: Pick<AnchorContext, 'box'>, id: string, details: SealedRequest): string =>
  ctx.box.seal(JSON.stringify(details), scope(id));

/** @throws SECRET_UNREADABLE */
export const openRequest = (
  ctx: Pick<AnchorContext, 'box'>,
  row: { id: string; request: string },
): SealedRequest => JSON.parse(ctx.box.open(row.request, scope(row.id))) as SealedRequest;
