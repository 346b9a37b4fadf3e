import { isoTime } from '../kernel/clock.ts';
import { readPaymentEnvelope } from '../stellar/envelope.ts';
import type { SubmitAnswer } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { storeEnvelope } from './book.ts';
import { feePayer } from './bump.ts';
import { answerOf, type Flight } from './flight.ts';
import { fenced } from './lease.ts';
import { policy } from './policy.ts';
import { doorWait } from './reactions.ts';
import { readingsOf } from './readings.ts';
import type { EnvelopeRow, Wait } from './rows.ts';
import type { Run } from './run.ts';
import { isBump, wrap } from './wrap.ts';

interface Answered {
  flight: Flight;
  envelope: EnvelopeRow;
  answer: SubmitAnswer;
}

/** Hands envelopes to the network without waiting for it, and books what it answers when the pass comes round to it. */
export class Sender {
  pending = 0;
  readonly #ctx: AnchorContext;
  readonly #run: Run;
  readonly #answers: Answered[] = [];
  #fault: { error: unknown } | null = null;
  #waker: AbortController | null = null;
  #nudged = false;

  constructor(ctx: AnchorContext, run: Run) {
    this.#ctx = ctx;
    this.#run = run;
  }

  /** The envelope, or the newest that can go. */
  send(flight: Flight, wanted?: EnvelopeRow): void {
    const envelope =
      wanted ??
      flight.live.find((one) => one.submissions === 0 && one.awaiting === null) ??
      flight.live.findLast((one) => one.awaiting === null);
    if (envelope === undefined || flight.sending) return;
    const now = this.#ctx.clock.now();
    flight.sending = true;
    flight.sentAt = now;
    flight.checkAt = now + policy.overdueLedgers * readingsOf(this.#ctx).closeMs(this.#ctx);
    this.pending += 1;
    this.#submit(flight, envelope)
      .then(
        ({ sent, answer }) => this.#answers.push({ flight, envelope: sent, answer }),
        (error: unknown) => {
          this.#fault ??= { error };
        },
      )
      .finally(() => {
        this.pending -= 1;
        flight.sending = false;
        this.wake();
      });
  }

  async #submit(flight: Flight, envelope: EnvelopeRow): Promise<{ sent: EnvelopeRow; answer: SubmitAnswer }> {
    const sent = await this.#wrapped(flight, envelope);
    return { sent, answer: await this.#ctx.network.submitAsync(sent.signed_xdr ?? sent.xdr) };
  }

  /** A channel's transaction that has got its signatures late goes in a fee bump as well: channels hold reserve only. */
  async #wrapped(flight: Flight, envelope: EnvelopeRow): Promise<EnvelopeRow> {
    const xdr = envelope.signed_xdr ?? envelope.xdr;
    if (flight.source.key === null || isBump(xdr)) return envelope;
    const ctx = this.#ctx;
    const signer = await feePayer(ctx, flight.payer, null);
    if (signer === null) return envelope;
    const count = BigInt(readPaymentEnvelope(xdr).operations.length);
    const fee = (envelope.fee_units / count) * (count + 1n);
    const signed = wrap(xdr, fee, signer, ctx.network.passphrase);
    const known = flight.live.find(({ hash }) => hash === signed.hash);
    if (known !== undefined) return known;
    const row = await fenced(ctx, flight.source.lease, async (trx) => {
      const marks = await trx
        .selectFrom('envelope_obligations')
        .select(['obligation_id', 'operation_index'])
        .where('envelope_hash', '=', envelope.hash)
        .execute();
      return storeEnvelope(ctx, trx, flight.slot, {
        signed,
        purpose: 'payment',
        maxLedger: envelope.max_ledger,
        maxTime: envelope.max_time,
        fee,
        marks: marks.map((mark) => ({ index: mark.operation_index, id: mark.obligation_id })),
      });
    });
    // the transaction inside is not sent by itself
    flight.live = flight.live.map((one) => (one.hash === envelope.hash ? { ...one, submissions: 1 } : one));
    flight.live.push(row);
    return row;
  }

  /** Books the answers that have come. What the door said is kept for the next step and the operator; it proves nothing. */
  async settleAnswers(): Promise<number> {
    if (this.#fault !== null) throw this.#fault.error;
    const all = this.#answers
      .splice(0)
      .filter(({ flight }) => this.#run.flights.get(flight.source.account) === flight);
    if (all.length === 0) return 0;
    const ctx = this.#ctx;
    await fenced(ctx, this.#run.lease, async (trx) => {
      for (const { envelope, answer } of all) {
        await trx
          .updateTable('envelopes')
          .set({
            state: 'submitted',
            submissions: envelope.submissions + 1,
            last_answer: JSON.stringify(answer).slice(0, 4_000),
            updated_at: isoTime(ctx.clock.now()),
          })
          .where('hash', '=', envelope.hash)
          .where('state', 'in', ['signed', 'submitted'])
          .execute();
        const wait = waitOf(answer);
        if (wait === null && waitOf(answerOf(envelope)) === null) continue;
        await trx
          .updateTable('obligations')
          .set({ waiting_code: wait?.code ?? null, waiting_text: wait?.text ?? null })
          .where('slot_id', '=', envelope.slot_id)
          .where('state', '=', 'bound')
          // what it does not carry was left out of it, and keeps its own reason
          .where('id', 'in', (inner) =>
            inner
              .selectFrom('envelope_obligations')
              .select('obligation_id')
              .where('envelope_hash', '=', envelope.hash),
          )
          .execute();
      }
    });
    for (const one of all) this.#note(one);
    return 0;
  }

  #note({ flight, envelope, answer }: Answered): void {
    const ctx = this.#ctx;
    const text = JSON.stringify(answer);
    ctx.log.info('envelope_answer', { hash: envelope.hash, answer: text.slice(0, 300) });
    const now = {
      ...envelope,
      submissions: envelope.submissions + 1,
      state: 'submitted' as const,
      last_answer: text,
    };
    now.updated_at = isoTime(ctx.clock.now());
    flight.live = flight.live.map((one) => (one.hash === envelope.hash ? now : one));
    if (answer.status === 'queued') flight.queuedAt ??= readingsOf(ctx).highest;
    // it may be banned there, after its time in the queue: perhaps in an earlier life of ours
    if (answer.status === 'busy') flight.queuedAt ??= envelope.signed_ledger ?? readingsOf(ctx).highest;
    if (answer.status === 'throttled')
      flight.quietUntil = ctx.clock.now() + (answer.retryAfterMs ?? policy.lookMaxMs);
    // the door has an objection, or the answer was final: its source account tells more than the history of the ledger to come
    const told = answer.status === 'refused' || answer.status === 'applied';
    if (told) flight.checkAt = ctx.clock.now() + (answer.status === 'applied' ? 0 : policy.lookMs);
  }

  /** There is new work. */
  nudge(): void {
    this.#nudged = true;
    this.wake();
  }

  takeNudge(): boolean {
    const nudged = this.#nudged;
    this.#nudged = false;
    return nudged;
  }

  wake(): void {
    this.#waker?.abort();
  }

  /** Until then, or until an answer comes, new work is there, or the pass is told to stop. */
  async pause(ms: number): Promise<void> {
    if (this.#answers.length > 0 || this.#fault !== null || this.#nudged) return;
    const waker = new AbortController();
    this.#waker = waker;
    const { signal } = this.#run.options;
    const stop = (): void => waker.abort();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      await this.#ctx.clock.sleep(ms, waker.signal);
    } finally {
      signal.removeEventListener('abort', stop);
      this.#waker = null;
    }
  }
}

const waitOf = (answer: SubmitAnswer | null): Wait | null =>
  answer?.status === 'refused' ? doorWait(answer.transactionCode) : null;
