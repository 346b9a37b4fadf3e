import type { xdr } from '@stellar/stellar-sdk';
import { AnchorError } from '../kernel/errors.ts';
import { silentLog } from '../kernel/log.ts';
import { createHorizon } from '../stellar/horizon.ts';
import type { NetworkAccount } from '../stellar/port.ts';
import { loadSdk } from '../stellar/sdk.ts';
import type { WalletOptions } from './types.ts';

export interface OutgoingPayment {
  destination: string;
  /** `native` or CODE:ISSUER */
  asset: string;
  amount: string;
  memo: { type: string; value: string } | null;
}

/** The wallet's own account on the network. */
export function walletAccount(options: WalletOptions, passphrase: string) {
  const network = createHorizon({
    url: options.horizonUrl,
    friendbotUrl: options.friendbotUrl,
    passphrase,
    fetch: options.fetch,
    clock: options.clock,
    log: silentLog,
  });

  async function address(): Promise<string> {
    const { Keypair } = await loadSdk();
    return Keypair.fromSecret(options.seed).publicKey();
  }

  /** The account as the network has it, made by friendbot when it does not exist. True when it was just made. */
  async function ensure(): Promise<{ account: NetworkAccount; created: boolean }> {
    const id = await address();
    const known = await network.account(id);
    if (!('missing' in known)) return { account: known, created: false };
    if (options.friendbotUrl === undefined) {
      throw new AnchorError({
        code: 'WALLET_UNFUNDED',
        message: `The wallet's account ${id} does not exist on this network.`,
        hint: 'Send it some XLM first.',
      });
    }
    await network.fund(id);
    const made = await network.account(id);
    if ('missing' in made)
      throw new AnchorError({ code: 'WALLET_UNFUNDED', message: 'Friendbot did not create the account.' });
    return { account: made, created: true };
  }

  async function submit(operations: xdr.Operation[], memo: OutgoingPayment['memo'] = null): Promise<string> {
    const { Account, Keypair, TransactionBuilder } = await loadSdk();
    const { account } = await ensure();
    const builder = new TransactionBuilder(new Account(account.id, account.sequence.toString()), {
      fee: '10000',
      networkPassphrase: passphrase,
      timebounds: { minTime: 0, maxTime: Math.floor(options.clock.now() / 1000) + 120 },
    });
    for (const operation of operations) builder.addOperation(operation);
    if (memo !== null) builder.addMemo(await sdkMemo(memo));
    const transaction = builder.build();
    transaction.sign(Keypair.fromSecret(options.seed));
    const hash = transaction.hash().toString('hex');
    return settle(transaction.toXDR(), hash);
  }

  /** Sends the same envelope until the ledger has it: a lost answer is not a failure. */
  async function settle(envelope: string, hash: string): Promise<string> {
    for (let attempt = 0; attempt < 30; attempt++) {
      const answer = await network.submit(envelope);
      if (answer.status === 'applied' && answer.successful) return hash;
      if (answer.status === 'refused' || answer.status === 'applied') {
        const known = await network.transaction(hash);
        if (known?.successful) return hash;
        const codes =
          answer.status === 'refused'
            ? [answer.transactionCode, ...answer.operationCodes].join(', ')
            : 'tx_failed';
        throw new AnchorError({
          code: 'PAYMENT_REFUSED',
          message: `The network refused the wallet's transaction: ${codes}`,
        });
      }
      await options.clock.sleep(1000);
    }
    throw new AnchorError({
      code: 'NETWORK_SLOW',
      message: `The network did not say what became of transaction ${hash}.`,
    });
  }

  return {
    address,
    ensure,

    /** Trusts the asset unless it is trusted already. True when the trustline was just made. */
    async trust(asset: { code: string; issuer: string }): Promise<boolean> {
      const { account } = await ensure();
      if (account.balances.some((balance) => balance.asset === `${asset.code}:${asset.issuer}`)) return false;
      const { Asset, Operation } = await loadSdk();
      await submit([Operation.changeTrust({ asset: new Asset(asset.code, asset.issuer) })]);
      return true;
    },

    /** Balances by asset key, in stroops. */
    async balances(): Promise<Map<string, bigint>> {
      const account = await network.account(await address());
      if ('missing' in account) return new Map();
      return new Map(account.balances.map((balance) => [balance.asset, balance.balance]));
    },

    async pay(payment: OutgoingPayment): Promise<string> {
      const { Asset, Operation } = await loadSdk();
      const [code = '', issuer] = payment.asset.split(':');
      const asset = issuer === undefined ? Asset.native() : new Asset(code, issuer);
      return submit(
        [Operation.payment({ destination: payment.destination, asset, amount: payment.amount })],
        payment.memo,
      );
    },
  };
}

async function sdkMemo(memo: { type: string; value: string }) {
  const { Memo } = await loadSdk();
  if (memo.type === 'id') return Memo.id(memo.value);
  if (memo.type === 'hash') return Memo.hash(Buffer.from(memo.value, 'base64').toString('hex'));
  return Memo.text(memo.value);
}
