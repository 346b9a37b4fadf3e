import { formatAmount } from '../kernel/amounts.ts';
import { AnchorError } from '../kernel/errors.ts';
import { type AnchorClient, anchorClient } from './anchor-client.ts';
import { type Discovery, discover } from './discover.ts';
import { requestJson } from './http.ts';
import { fillForms } from './interactive.ts';
import { login } from './login.ts';
import { programmatic } from './programmatic.ts';
import { walletAccount } from './stellar.ts';
import type { AnchorTransaction, Step, TransferRequest, TransferResult, WalletOptions } from './types.ts';

export type { AnchorTransaction, Step, TransferRequest, TransferResult, WalletOptions } from './types.ts';

const PAUSE_MS = 500;
const SESSION_MS = 10 * 60_000;
const ENDED = new Set(['refunded', 'expired', 'error', 'no_market', 'too_small', 'too_large']);

/** Before an anchor says how it is paid. */
const EARLY = new Set(['incomplete', 'pending_anchor', 'pending_customer_info_update']);

interface Session {
  anchor: Discovery;
  sep: 6 | 24;
  token: string;
  client: AnchorClient;
  account: ReturnType<typeof walletAccount>;
  /** `native` or CODE:ISSUER */
  assetKey: string;
}

interface Transfer {
  id: string;
  session: Session;
  onStep: (step: Step) => void;
  started: number;
  deadline: number;
  /** the last status that was told */
  told: string;
}

/**
 * A small wallet that drives an anchor through the real protocol: SEP-1, 10, 24 or 6 with 12, and Stellar payments. It shares no code with
 * the server but what talks to the network.
 */
export function createWallet(options: WalletOptions) {
  let known: Discovery | undefined;
  const sessions = new Map<string, { session: Session; until: number }>();

  /** For looking only: a token that is still fresh is used again. */
  async function reconnect(asset: string, sep?: 6 | 24): Promise<Session> {
    const last = sessions.get(`${asset} ${sep ?? ''}`);
    if (last !== undefined && last.until > options.clock.now()) return last.session;
    return connect(asset, () => {}, sep);
  }

  async function connect(asset: string, onStep: (step: Step) => void, wish?: 6 | 24): Promise<Session> {
    known ??= await discover(options.fetch, options.homeUrl);
    const anchor = known;
    const sep = sepOf(anchor, wish);
    onStep({
      id: 'discovered',
      text: `SEP-1: found ${anchor.transferServers[sep]}, signing key ${anchor.signingKey.slice(0, 8)}…`,
    });
    const currency = anchor.currencies.find((entry) => entry.code === asset);
    if (currency === undefined && asset !== 'native') {
      const codes = anchor.currencies.map((entry) => entry.code).join(', ') || 'none';
      throw new AnchorError({
        code: 'ASSET_UNKNOWN',
        message: `The anchor does not list ${asset}.`,
        hint: `It lists: ${codes}.`,
      });
    }
    const account = walletAccount(options, anchor.networkPassphrase);
    const { created } = await account.ensure();
    if (created)
      onStep({ id: 'account', text: `Stellar account ${await account.address()} created by friendbot` });
    const issuer = currency?.issuer ?? null;
    if (issuer !== null && (await account.trust({ code: asset, issuer }))) {
      onStep({ id: 'trustline', text: `Trustline to ${asset} opened` });
    }
    const token = await login(options, anchor);
    onStep({ id: 'logged_in', text: 'SEP-10: challenge checked, signed and traded for a token' });
    const assetKey = issuer === null ? 'native' : `${asset}:${issuer}`;
    const client = anchorClient(options, anchor, token, sep);
    const session = { anchor, sep, token, account, client, assetKey };
    sessions.set(`${asset} ${wish ?? ''}`, { session, until: options.clock.now() + SESSION_MS });
    return session;
  }

  /** Opens a transfer and fills its forms. */
  async function begin(kind: 'deposit' | 'withdraw', request: TransferRequest): Promise<Transfer> {
    const started = options.clock.now();
    const onStep = request.onStep ?? (() => {});
    const session = await connect(request.asset, onStep, request.sep);
    const { asset, amount } = request;
    const word = kind === 'deposit' ? 'deposit' : 'withdrawal';
    if (session.sep === 24) {
      const { id, url } = await session.client.start(kind, asset, amount);
      onStep({ id: 'opened', text: `SEP-24: ${word} ${id} opened` });
      await fillForms(options, url, amount, onStep);
      return { id, session, onStep, started, deadline: started + request.timeoutMs, told: '' };
    }
    const direct = programmatic(options, session.anchor, session.token);
    const { id } = await direct.start(kind, asset, amount, await session.account.address());
    onStep({ id: 'opened', text: `SEP-6: ${word} ${id} opened` });
    const { status } = await session.client.transaction(id);
    if (status === 'pending_customer_info_update') await direct.register(id, onStep);
    return { id, session, onStep, started, deadline: started + request.timeoutMs, told: '' };
  }

  /** Asks until `done`; a status on the way is told once. @throws WALLET_TIMEOUT, TRANSFER_ENDED */
  async function follow(
    transfer: Transfer,
    done: (transaction: AnchorTransaction) => boolean,
  ): Promise<AnchorTransaction> {
    for (;;) {
      const transaction = await transfer.session.client.transaction(transfer.id);
      const { status, message } = transaction;
      if (status !== transfer.told) transfer.onStep({ id: 'status', text: `Status: ${status}` });
      transfer.told = status;
      if (done(transaction)) return transaction;
      if (ENDED.has(status)) {
        throw new AnchorError({
          code: 'TRANSFER_ENDED',
          message: `The transfer ended as ${status}${message ? `: ${message}` : ''}.`,
        });
      }
      if (options.clock.now() >= transfer.deadline) throw timedOut(transfer.id, status);
      await options.clock.sleep(PAUSE_MS);
    }
  }

  async function finish(transfer: Transfer): Promise<TransferResult> {
    const transaction = await follow(transfer, ({ status }) => status === 'completed');
    const { kind, stellar_transaction_id: hash, amount_in, amount_fee, amount_out } = transaction;
    if (kind === 'deposit') transfer.onStep({ id: 'stellar_received', text: `Stellar transaction ${hash}` });
    transfer.onStep({
      id: 'completed',
      text: `Completed: ${amount_in} in, ${amount_fee} fee, ${amount_out} out`,
    });
    return result(transaction, (options.clock.now() - transfer.started) / 1000);
  }

  return {
    /** Logs in and lists the wallet's transactions with the anchor. */
    async transactions(asset: string): Promise<AnchorTransaction[]> {
      const session = await reconnect(asset);
      return session.client.transactions(asset);
    },

    /** Opens a transfer and answers the URL of its interactive page, for a person to fill. */
    async open(
      kind: 'deposit' | 'withdraw',
      asset: string,
      amount: string,
    ): Promise<{ id: string; url: string }> {
      const session = await connect(asset, () => {}, 24);
      return session.client.start(kind, asset, amount);
    },

    /** Pays a deposit at the anchor's test bank (`/bank`), as a customer of the bank would. */
    async payAtBank(transactionId: string, amount: string): Promise<void> {
      await requestJson(options.fetch, 'The test bank', `${options.homeUrl}/bank/pay`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ transaction_id: transactionId, amount }),
      });
    },

    /** Sends the Stellar payment that a withdrawal waits for. Answers the transaction's hash. */
    async sendWithdrawal(asset: string, transactionId: string): Promise<string> {
      const session = await reconnect(asset);
      return sendFor(session, await session.client.transaction(transactionId));
    },

    /** Balances by `native` or CODE:ISSUER, as decimal text. */
    async balances(): Promise<Record<string, string>> {
      known ??= await discover(options.fetch, options.homeUrl);
      const balances = await walletAccount(options, known.networkPassphrase).balances();
      return Object.fromEntries([...balances].map(([asset, units]) => [asset, formatAmount(units)]));
    },

    address: async () => walletAccount(options, '').address(),

    /** Opens a transfer, fills its forms, and leaves it where it waits for the wallet's money. Throws as `deposit`. */
    async prepare(kind: 'deposit' | 'withdraw', request: TransferRequest): Promise<AnchorTransaction> {
      const transfer = await begin(kind, request);
      return follow(transfer, ({ status }) => status === 'pending_user_transfer_start');
    },

    /** A deposit from the first request to `completed`. @throws WALLET_TIMEOUT, TRANSFER_ENDED, and what each step throws */
    async deposit(request: TransferRequest): Promise<TransferResult> {
      const transfer = await begin('deposit', request);
      const ready = await follow(transfer, ({ status }) => !EARLY.has(status));
      if (ready.status === 'pending_user_transfer_start') {
        const amount = ready.amount_in ?? request.amount;
        await this.payAtBank(transfer.id, amount);
        transfer.onStep({ id: 'bank_paid', text: `Bank: ${amount} paid with the anchor's reference` });
      }
      return finish(transfer);
    },

    /** A withdrawal from the first request to `completed`. Throws as `deposit`. */
    async withdraw(request: TransferRequest): Promise<TransferResult> {
      const transfer = await begin('withdraw', request);
      const ready = await follow(transfer, ({ status }) => status === 'pending_user_transfer_start');
      const hash = await sendFor(transfer.session, ready);
      transfer.onStep({ id: 'stellar_sent', text: `Stellar transaction ${hash}` });
      return finish(transfer);
    },
  };
}

/** SEP-24 where there is a choice. @throws WALLET_SEP_MISSING */
function sepOf(anchor: Discovery, wish: 6 | 24 | undefined): 6 | 24 {
  const sep = wish ?? (anchor.transferServers[24] === undefined ? 6 : 24);
  if (anchor.transferServers[sep] !== undefined) return sep;
  throw new AnchorError({
    code: 'WALLET_SEP_MISSING',
    message: `The anchor does not offer SEP-${sep}.`,
    hint: `Add ${sep} to seps in its anchor.toml.`,
  });
}

async function sendFor(session: Session, transaction: AnchorTransaction): Promise<string> {
  const {
    withdraw_anchor_account: destination,
    withdraw_memo: memo,
    withdraw_memo_type: type,
    amount_in: amount,
  } = transaction;
  if (!destination || !amount) {
    throw new AnchorError({
      code: 'WITHDRAWAL_NOT_READY',
      message: 'The anchor has not said yet where to send this withdrawal.',
    });
  }
  const memoToSend = memo && type ? { type, value: memo } : null;
  return session.account.pay({ destination, asset: session.assetKey, amount, memo: memoToSend });
}

function timedOut(id: string, status: string): AnchorError {
  return new AnchorError({
    code: 'WALLET_TIMEOUT',
    message: `Transaction ${id} is still ${status}.`,
    hint: `\`anchor tx show ${id}\` says what it waits for; are the jobs running (\`anchor run all --loop\`)?`,
  });
}

function result(transaction: AnchorTransaction, seconds: number): TransferResult {
  return {
    id: transaction.id,
    status: transaction.status,
    amount_in: transaction.amount_in ?? '',
    amount_out: transaction.amount_out ?? '',
    amount_fee: transaction.amount_fee ?? '',
    stellar_transaction_id: transaction.stellar_transaction_id ?? '',
    seconds,
  };
}
