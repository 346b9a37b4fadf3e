import { Account, Asset, Keypair, Operation, TransactionBuilder } from '@stellar/stellar-sdk';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { pairNamed } from './template.ts';

let offer: { sequence: bigint; xdr: string } | undefined;

/** Stroops of XLM for two of the asset. */
export const HALF = 2n;

/**
 * The issuer sells its asset for half as much XLM, so that a path payment can deliver another amount than was sent. Opens the market in
 * the next ledger; the same transaction in every run.
 */
export function openMarket(sandbox: Sandbox): void {
  const issuer = pairNamed('issuer');
  const sequence = sandbox.ledger.account(issuer.publicKey)?.sequence ?? 0n;
  if (offer?.sequence !== sequence) {
    const transaction = new TransactionBuilder(new Account(issuer.publicKey, sequence.toString()), {
      fee: '100',
      networkPassphrase: sandbox.passphrase,
    })
      .addOperation(
        Operation.manageSellOffer({
          selling: new Asset('SRT', issuer.publicKey),
          buying: Asset.native(),
          amount: '1000000',
          price: { n: 1, d: 2 },
        }),
      )
      .setTimeout(0)
      .build();
    transaction.sign(Keypair.fromSecret(issuer.seed));
    offer = { sequence, xdr: transaction.toEnvelope().toXDR('base64') };
  }
  const closed = sandbox.closeLedger({ transactions: [offer.xdr] });
  if (closed.failedCount > 0) throw new Error(`no market: ${closed.transactions[0]?.resultXdr}`);
}
