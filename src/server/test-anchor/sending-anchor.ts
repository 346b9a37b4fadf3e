import { systemClock } from '../../kernel/clock.ts';
import { AnchorError } from '../../kernel/errors.ts';
import { systemIds } from '../../kernel/ids.ts';
import { encodeStrKey } from '../../kernel/strkey.ts';
import { call, reasonOf } from '../../sending/http.ts';
import {
  askPayment,
  offerFor,
  record,
  type Session,
  sessionWith,
  tellCustomer,
} from '../../sending/partner.ts';
import type { Fetch } from '../../stellar/port.ts';
import type { AnchorContext } from '../../transfers/index.ts';
import { walletAccount } from '../../wallet/stellar.ts';

export interface PaymentOptions {
  /** decimal text: what is sent on Stellar */
  amount: string;
  /** SEP-9 fields of who sends and who receives */
  sender: Record<string, string>;
  receiver: Record<string, string>;
  /** `fields.transaction` */
  fields?: Record<string, string>;
  /** SEP-38 id; with a firm quote where the anchor gives them */
  destinationAsset?: string;
  timeoutMs: number;
}

/** SEP-31's transaction object, as far as tests look at it. */
export interface ReceivedPayment {
  id: string;
  status: string;
  amount_in?: string;
  amount_out?: string;
  amount_fee?: string;
  stellar_transaction_id?: string;
  [key: string]: unknown;
}

const PAUSE_MS = 100;
const ENDS = new Set(['completed', 'refunded', 'expired', 'error']);

interface Setting {
  context: AnchorContext;
  home: string;
  horizonUrl: string;
  asset: string;
  fetch: Fetch;
  /** of the asset; it pays the other anchor what that has to send */
  issuerSeed(): string | null;
}

/** Another anchor under contract: it logs in, registers its customers, pays on Stellar and asks what became of it (SEP-31). */
export function createSendingAnchor(setting: Setting) {
  const seed = encodeStrKey('seed', systemIds.bytes(32));
  const ours = setting.context;
  const other: AnchorContext = {
    ...ours,
    project: { ...ours.project, secrets: { ...ours.project.secrets, signingSeed: seed } },
  };
  const accountOf = (secret: string) =>
    walletAccount(
      {
        homeUrl: setting.home,
        horizonUrl: setting.horizonUrl,
        friendbotUrl: `${setting.horizonUrl}/friendbot`,
        seed: secret,
        fetch: setting.fetch,
        clock: systemClock,
      },
      ours.project.network.passphrase,
    );

  return {
    /** @throws PAYMENT_NOT_DELIVERED it was refused, or has not ended in time */
    async pay(options: PaymentOptions): Promise<ReceivedPayment> {
      const deadline = systemClock.now() + options.timeoutMs;
      const session = await sessionWith(other, setting.home);
      const asset = await ours.db.read
        .selectFrom('assets')
        .selectAll()
        .where('code', '=', setting.asset)
        .executeTakeFirstOrThrow();
      const offer = await offerFor(other, session, asset);
      const customers: Record<string, string> = {};
      for (const role of ['sender', 'receiver'] as const) {
        const type = role === 'sender' ? offer.senderType : offer.receiverType;
        if (type === null) continue;
        const person = { id: `${role} of a test`, fields: options[role] };
        let told = await tellCustomer(other, session, { role, type, person, id: null });
        while (told.status === 'PROCESSING' && systemClock.now() < deadline) {
          await systemClock.sleep(PAUSE_MS);
          told = await tellCustomer(other, session, { role, type, person, id: told.id });
        }
        if (told.status !== 'ACCEPTED') {
          throw notDelivered(`the ${role} is ${told.status}: ${[...told.needed, told.message].join(' ')}`);
        }
        customers[`${role}_id`] = told.id;
      }
      const { amount, fields, destinationAsset } = options;
      const quote =
        destinationAsset === undefined || !offer.quotesSupported
          ? {}
          : await quoteFor(other, session, asset, options);
      const reply = await call(other, 'SEP-31', `${session.partner.payments}/transactions`, {
        method: 'POST',
        token: session.token,
        body: {
          amount,
          asset_code: asset.code,
          funding_method: offer.fundingMethods[0],
          ...(destinationAsset === undefined ? {} : { destination_asset: destinationAsset }),
          ...customers,
          ...quote,
          ...(fields === undefined ? {} : { fields: { transaction: fields } }),
        },
      });
      if (reply.status !== 201) throw notDelivered(reasonOf(reply));
      const id = String(reply.body['id']);
      await pay(asset, amount, reply.body);
      for (;;) {
        const answer = await askPayment(other, session, id);
        const payment = record(answer.body['transaction']) as unknown as ReceivedPayment;
        if (ENDS.has(payment.status)) return payment;
        if (systemClock.now() > deadline) throw notDelivered(`it is ${payment.status} still`);
        await systemClock.sleep(PAUSE_MS);
      }
    },
  };

  async function pay(asset: { code: string; issuer: string }, amount: string, to: Record<string, unknown>) {
    const payer = accountOf(seed);
    await payer.ensure();
    const key = asset.issuer === '' ? 'native' : `${asset.code}:${asset.issuer}`;
    const issuerSeed = setting.issuerSeed();
    if (asset.issuer !== '' && issuerSeed !== null) {
      await payer.trust(asset);
      const issuer = accountOf(issuerSeed);
      await issuer.pay({ destination: await payer.address(), asset: key, amount, memo: null });
    }
    const memo = { type: String(to['stellar_memo_type']), value: String(to['stellar_memo']) };
    await payer.pay({ destination: String(to['stellar_account_id']), asset: key, amount, memo });
  }
}

async function quoteFor(
  ctx: AnchorContext,
  { partner, token }: Session,
  asset: { code: string; issuer: string },
  options: PaymentOptions,
): Promise<{ quote_id: string }> {
  const reply = await call(ctx, 'SEP-38', `${partner.quotes}/quote`, {
    method: 'POST',
    token,
    body: {
      context: 'sep31',
      sell_asset: asset.issuer === '' ? 'stellar:native' : `stellar:${asset.code}:${asset.issuer}`,
      buy_asset: options.destinationAsset,
      sell_amount: options.amount,
    },
  });
  if (reply.status !== 201) throw notDelivered(reasonOf(reply));
  return { quote_id: String(reply.body['id']) };
}

const notDelivered = (reason: string): AnchorError =>
  new AnchorError({ code: 'PAYMENT_NOT_DELIVERED', message: `The payment was not delivered: ${reason}` });
