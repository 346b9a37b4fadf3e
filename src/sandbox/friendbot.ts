import { createHash } from 'node:crypto';
import { Account, BASE_FEE, Keypair, Operation, TransactionBuilder, xdr } from '@stellar/stellar-sdk';
import type { Context, Hono } from 'hono';
import { isAccount } from '../kernel/strkey.ts';
import { linksOf } from './horizon/links.ts';
import { badRequest, invalidField, problem } from './horizon/problem.ts';
import { hal } from './horizon/render.ts';
import { transactionFields } from './horizon/resources/transaction.ts';
import { resultCodes } from './horizon/result-codes.ts';
import type { Submissions, Submitted } from './horizon/submissions.ts';
import type { SandboxNetwork } from './sandbox-network.ts';

const STARTING_BALANCE = '10000';
/** Friendbot's own account pays fees only; what it gives comes from the root. */
const OWN_BALANCE = '1000000';
const MAX_BATCH = 50;

/** How often a wish is sent again when something else used the sequence number first. */
const MAX_TRIES = 5;

interface Wish {
  address: string;
  tries: number;
  settle(outcome: Submitted | 'exists'): void;
}

/** What the core answers to a create_account for an account that is there. */
function alreadyExists(): string {
  const {
    TransactionResult,
    TransactionResultResult,
    OperationResult,
    OperationResultTr,
    CreateAccountResult,
  } = xdr;
  const inner = OperationResultTr.createAccount(CreateAccountResult.createAccountAlreadyExist());
  return new TransactionResult({
    feeCharged: new xdr.Int64(100),
    result: TransactionResultResult.txFailed([OperationResult.opInner(inner)]),
    ext: new xdr.TransactionResultExt(0),
  }).toXDR('base64');
}

/** Gives 10,000 XLM to new accounts. Wishes that come while one transaction is on its way share the next one. */
export class Friendbot {
  private readonly network: SandboxNetwork;
  private readonly submissions: Submissions;
  private known: { own: Keypair; root: Keypair } | undefined;
  private wishes: Wish[] = [];
  private working = false;
  private batchSize = MAX_BATCH;

  constructor(network: SandboxNetwork, submissions: Submissions) {
    this.network = network;
    this.submissions = submissions;
  }

  /** Made when they are first needed: the SDK's arithmetic takes 80 ms, which the start of a server should not pay for. */
  private get keys(): { own: Keypair; root: Keypair } {
    const { passphrase } = this.network.ledger.settings;
    this.known ??= {
      root: Keypair.master(passphrase),
      own: Keypair.fromRawEd25519Seed(createHash('sha256').update(`friendbot ${passphrase}`).digest()),
    };
    return this.known;
  }

  fund(address: string): Promise<Submitted | 'exists'> {
    if (this.network.ledger.account(address) !== undefined) return Promise.resolve('exists');
    return new Promise((resolve) => {
      this.wishes.push({ address, tries: 0, settle: resolve });
      void this.work();
    });
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    while (this.wishes.length > 0) {
      // Wishes of the same moment travel together.
      await Promise.resolve();
      const batch = this.take();
      if (batch.length === 0) continue;
      this.conclude(batch, await this.submissions.submit(this.envelope(batch)));
    }
    this.working = false;
  }

  private conclude(batch: Wish[], outcome: Submitted): void {
    if (outcome.state === 'failed') {
      const overtaken = resultCodes(outcome.resultXdr, outcome.hash)['transaction'] === 'tx_bad_seq';
      const again = overtaken ? batch.filter((wish) => ++wish.tries < MAX_TRIES) : [];
      // One of several spoils it for all: those that still lack an account go again, fewer at a time.
      if (!overtaken && batch.length > 1) {
        this.batchSize = Math.max(1, Math.floor(batch.length / 2));
        again.push(...batch);
      }
      this.wishes.unshift(...again);
      for (const wish of batch) if (!again.includes(wish)) wish.settle(outcome);
      return;
    }
    this.batchSize = MAX_BATCH;
    for (const wish of batch) wish.settle(outcome);
  }

  /** The next wishes, without those that came true meanwhile or are asked for twice. */
  private take(): Wish[] {
    const batch = new Map<string, Wish>();
    const later: Wish[] = [];
    for (const wish of this.wishes) {
      if (this.network.ledger.account(wish.address) !== undefined) wish.settle('exists');
      else if (batch.has(wish.address) || batch.size >= this.batchSize) later.push(wish);
      else batch.set(wish.address, wish);
    }
    this.wishes = later;
    return [...batch.values()];
  }

  /** The first time the root itself sends, and makes friendbot's account on the way. */
  private envelope(batch: Wish[]): string {
    const { ledger } = this.network;
    const own = this.keys.own.publicKey();
    const rootId = this.keys.root.publicKey();
    const first = ledger.account(own) === undefined;
    const source = first ? rootId : own;
    const account = new Account(source, String(ledger.account(source)?.sequence ?? 0n));
    const builder = new TransactionBuilder(account, {
      fee: BASE_FEE,
      networkPassphrase: ledger.settings.passphrase,
    }).setTimeout(0);
    const give = (destination: string, startingBalance: string) =>
      builder.addOperation(
        Operation.createAccount({ destination, startingBalance, ...(first ? {} : { source: rootId }) }),
      );
    for (const wish of batch) give(wish.address, STARTING_BALANCE);
    if (first && !batch.some((wish) => wish.address === own)) give(own, OWN_BALANCE);
    const transaction = builder.build();
    if (!first) transaction.sign(this.keys.own);
    transaction.sign(this.keys.root);
    return transaction.toXDR();
  }
}

function reasonAgainst(address: string): string {
  if (address.length < 5) return `strkey is ${address.length} bytes long; minimum valid length is 5`;
  if (!/^[A-Z2-7]+$/.test(address)) return 'base32 decode failed: illegal base32 data';
  return address.startsWith('G') ? 'invalid checksum' : 'invalid version byte';
}

async function addressParam(c: Context): Promise<string> {
  const fromQuery = c.req.query('addr');
  if (fromQuery !== undefined || c.req.method !== 'POST') return fromQuery ?? '';
  const type = c.req.header('content-type') ?? '';
  if (!/^(application\/x-www-form-urlencoded|multipart\/form-data)/i.test(type)) return '';
  const form = await c.req.parseBody().catch(() => ({}) as Record<string, string | File>);
  const value = form['addr'];
  return typeof value === 'string' ? value : '';
}

export function friendbotRoutes(app: Hono, friendbot: Friendbot): void {
  app.on(['GET', 'POST'], '/friendbot', async (c) => {
    const address = await addressParam(c);
    if (!isAccount(address)) throw invalidField('addr', reasonAgainst(address));
    const outcome = await friendbot.fund(address);
    if (outcome === 'exists') throw badRequest(`createAccountAlreadyExist (${alreadyExists()})`);
    if (outcome.state === 'applied') return hal(transactionFields(linksOf(c), outcome.at, outcome.hash));
    if (outcome.state === 'failed') {
      const codes = resultCodes(outcome.resultXdr, outcome.hash);
      throw badRequest(`${JSON.stringify(codes)} (${outcome.resultXdr})`);
    }
    throw problem({ type: 'timeout', title: 'Timeout', status: 504, detail: 'No ledger closed in time.' });
  });
}
