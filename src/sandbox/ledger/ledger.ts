import { badInput } from '../../kernel/errors.ts';
import { closeLedger } from './close.ts';
import { checkEnvelope } from './door.ts';
import { EnvelopeReader, innermost, type ParsedEnvelope, sha256 } from './envelope.ts';
import { closedHeader, ZERO_HASH } from './header.ts';
import { encodeKey } from './keys.ts';
import { newAccount } from './operations/create-account.ts';
import type { ResetOptions, SandboxLedger } from './ports.ts';
import {
  type Door,
  type QueueSnapshot,
  type ResolvedQueueLimits,
  resolveLimits,
  TransactionQueue,
} from './queue.ts';
import { isSuccess } from './results.ts';
import { rootKey } from './root.ts';
import { requireSnapshot, toPlain } from './snapshot.ts';
import { availableLumens } from './sponsorship.ts';
import { LedgerState, type StateHeader } from './state.ts';
import { applicationOrder, fitLedger, transactionSetHash } from './transaction-set.ts';
import type {
  Base64,
  ClosedLedger,
  DoorAnswer,
  Hex,
  LedgerEntry,
  LedgerHeader,
  NetworkSettings,
} from './types.ts';
import type { Moment } from './validity.ts';

/** 100 billion XLM in stroops. */
const TOTAL_COINS = 10n ** 18n;
const SNAPSHOT_FORMAT = 1;
const MAX_LEDGER = 2 ** 31 - 1;

interface Snapshot {
  format: number;
  header: LedgerHeader;
  entries: LedgerEntry[];
  queue: QueueSnapshot;
}

export class Ledger implements SandboxLedger {
  readonly settings: NetworkSettings;
  header: LedgerHeader;
  private state: LedgerState;
  private queue: TransactionQueue;
  private readonly limits: ResolvedQueueLimits;
  private readonly reader: EnvelopeReader;

  constructor(settings: NetworkSettings, options: ResetOptions = {}) {
    this.settings = settings;
    this.limits = resolveLimits(settings.queue);
    this.reader = new EnvelopeReader(settings.passphrase);
    this.queue = this.emptyQueue();
    this.state = this.genesis(options);
    this.header = this.firstHeader();
  }

  private emptyQueue(): TransactionQueue {
    return new TransactionQueue(this.limits, this.settings.operationsPerLedger);
  }

  private genesis(options: ResetOptions): LedgerState {
    const sequence = options.ledger?.sequence ?? 1;
    const balance = options.root?.balance ?? TOTAL_COINS;
    const root = newAccount(encodeKey('account', rootKey(this.settings.passphrase)), balance, sequence);
    const header: StateHeader = {
      sequence,
      closeTime: options.ledger?.closeTime ?? 0,
      baseReserve: this.settings.baseReserve,
      totalCoins: TOTAL_COINS,
      // What the root lacks went somewhere: coins are neither made nor lost.
      feePool: TOTAL_COINS - balance,
      idPool: options.idPool ?? 0n,
    };
    return new LedgerState(header, [{ ...root, sequence: options.root?.sequence ?? 0n }]);
  }

  private firstHeader(): LedgerHeader {
    const none = Buffer.alloc(32);
    const stateHash = sha256(Buffer.from(JSON.stringify(toPlain([...this.state.entries()]))));
    return closedHeader(this.settings, this.state.header, {
      previousHash: ZERO_HASH,
      txSetHash: none,
      resultHash: none,
      stateHash,
    });
  }

  account = (id: string) => this.state.account(id);
  trustline = (account: string, asset: string) => this.state.trustline(account, asset);
  trustlinesOf = (account: string) => this.state.trustlinesOf(account);
  offer = (id: bigint) => this.state.offer(id);
  offersOf = (account: string) => this.state.offersOf(account);
  dataOf = (account: string) => this.state.dataOf(account);
  claimableBalance = (id: Hex) => this.state.claimableBalance(id);
  entries = () => this.state.entries();

  submit(envelopeXdr: Base64): DoorAnswer {
    return this.atDoor(envelopeXdr, false);
  }

  check(envelopeXdr: Base64): DoorAnswer {
    return this.atDoor(envelopeXdr, true);
  }

  pending(): Hex[] {
    return this.queue.all().map((envelope) => envelope.id);
  }

  private atDoor(envelopeXdr: Base64, dry: boolean): DoorAnswer {
    const envelope = this.reader.read(envelopeXdr);
    return envelope ? this.queue.add(envelope, this.door(), dry) : { status: 'malformed' };
  }

  private door(): Door {
    const closeSeconds = this.settings.expectedCloseSeconds ?? 1;
    const moment = this.nextMoment(0n, BigInt(Math.ceil(closeSeconds * 2)));
    return {
      check: (envelope, currentSequence) => checkEnvelope(this.state, envelope, moment, currentSequence),
      available: (id) => {
        const account = this.state.account(id);
        return account ? availableLumens(this.state, account) : 0n;
      },
    };
  }

  /** The next ledger, seen from the last one. */
  private nextMoment(lowerOffset: bigint, upperOffset: bigint): Moment {
    return {
      ledger: this.header.sequence + 1,
      closeTime: BigInt(this.header.closeTime),
      baseFee: BigInt(this.settings.baseFee),
      lowerOffset,
      upperOffset,
    };
  }

  close(options: { sequence?: number; closeTime: number; transactions?: Base64[] }): ClosedLedger {
    const sequence = options.sequence ?? this.header.sequence + 1;
    this.requireNext(sequence, options.closeTime);
    const envelopes = options.transactions
      ? options.transactions.map((envelopeXdr) => this.mustRead(envelopeXdr))
      : this.pickFromQueue(options.closeTime);
    const closed = closeLedger({
      state: this.state,
      settings: this.settings,
      previous: this.header,
      sequence,
      closeTime: options.closeTime,
      envelopes,
    });
    this.header = closed.header;
    this.queue.ledgerClosed(envelopes);
    this.queue.ban(this.invalid(this.queue.all(), this.door()));
    return closed;
  }

  private requireNext(sequence: number, closeTime: number): void {
    const { header } = this;
    const isNext = Number.isInteger(sequence) && sequence > header.sequence && sequence <= MAX_LEDGER;
    if (isNext && Number.isSafeInteger(closeTime) && closeTime >= header.closeTime) return;
    throw badInput(
      'SANDBOX_LEDGER_ORDER',
      `Ledger ${sequence} at ${closeTime} cannot follow ledger ${header.sequence} at ${header.closeTime}.`,
      'Ledger numbers grow, close times (Unix seconds) never fall.',
    );
  }

  private mustRead(envelopeXdr: Base64): ParsedEnvelope {
    const envelope = this.reader.read(envelopeXdr);
    if (envelope) return envelope;
    throw badInput('SANDBOX_ENVELOPE_INVALID', 'This is no transaction envelope (base64 of its XDR).');
  }

  /** Drops what became invalid by the time of this close, then takes what fits. */
  private pickFromQueue(closeTime: number): ParsedEnvelope[] {
    const offset = BigInt(closeTime - this.header.closeTime);
    const moment = this.nextMoment(offset, offset);
    const door: Door = {
      ...this.door(),
      check: (envelope, current) => checkEnvelope(this.state, envelope, moment, current),
    };
    this.queue.ban(this.invalid(this.queue.all(), door));
    const seed = Buffer.from(this.header.hash, 'hex');
    const chosen = fitLedger(this.queue.all(), this.settings.operationsPerLedger, seed);
    return applicationOrder(chosen, transactionSetHash(this.header.hash, chosen));
  }

  /** Of what waits (each source in sequence), what could not apply any more or not pay its fee beside the others. */
  private invalid(envelopes: readonly ParsedEnvelope[], door: Door): ParsedEnvelope[] {
    const lastSequence = new Map<string, bigint>();
    const fees = new Map<string, bigint>();
    return envelopes.filter((envelope) => {
      const { source, sequence } = innermost(envelope);
      const total = (fees.get(envelope.feeSource) ?? 0n) + envelope.fee;
      const valid =
        isSuccess(door.check(envelope, lastSequence.get(source))) &&
        total <= door.available(envelope.feeSource);
      if (!valid) return true;
      lastSequence.set(source, sequence);
      fees.set(envelope.feeSource, total);
      return false;
    });
  }

  reset(options: ResetOptions): void {
    this.queue = this.emptyQueue();
    this.state = this.genesis(options);
    this.header = this.firstHeader();
  }

  snapshot(): unknown {
    return toPlain({
      format: SNAPSHOT_FORMAT,
      header: this.header,
      entries: [...this.state.entries()],
      queue: this.queue.snapshot(),
    } satisfies Snapshot);
  }

  restore(snapshot: unknown): void {
    const { header, entries, queue } = requireSnapshot<Snapshot>(snapshot, SNAPSHOT_FORMAT);
    const { sequence, closeTime, totalCoins, feePool, idPool } = header;
    const { baseReserve } = this.settings;
    const restored = this.emptyQueue();
    restored.restore(queue, (envelopeXdr) => this.reader.read(envelopeXdr));
    this.state = new LedgerState({ sequence, closeTime, baseReserve, totalCoins, feePool, idPool }, entries);
    this.header = header;
    this.queue = restored;
  }
}
