import { TransactionBuilder } from '@stellar/stellar-sdk';
import { type Answer, readHttp, readScenario, type Scenario, type Step } from './fixtures.ts';

/** One recorded request and its answer. A stream is recorded raw, as the bytes of its connection. */
export interface HttpRecording {
  name: string;
  request: { method: string; path: string; headers: Record<string, string>; body?: string };
  response: { status: number; headers: [string, string][]; body?: unknown; text?: string };
}

export interface RawRecording {
  name: string;
  request: { raw: string };
  response: { status: number; raw: string };
}

export function isRaw(recording: HttpRecording | RawRecording): recording is RawRecording {
  return 'raw' in recording.request;
}

export function readRecording(name: string): HttpRecording | RawRecording {
  return readHttp(name) as HttpRecording | RawRecording;
}

/** The scenario whose accounts the recordings of requests are about. */
export const HTTP_SCENARIO = 'http-examples';

/** These depend on each other, in this order. */
export const friendbotRecordings = [
  'friendbot-ok',
  'friendbot-already-funded',
  'friendbot-bad-address',
  'friendbot-no-address',
  'friendbot-post',
  'account-after-friendbot',
];

/** Recorded requests that put a transaction into a ledger, in their order. */
const POSTS = ['post-ok', 'post-transaction-failed', 'post-in-query'];

/** The last ledger before the first of them. */
export const LEDGER_OF_RECORDINGS = 717;

interface Posted {
  ledger?: number;
  created_at?: string;
  fee_account?: string;
  fee_charged?: string;
  result_xdr?: string;
  extras?: { result_xdr: string };
}

function envelopeIn({ request }: HttpRecording): string {
  const query = new URL(request.path, 'http://localhost').searchParams;
  return query.get('tx') ?? new URLSearchParams(request.body).get('tx') ?? '';
}

function stepFrom(name: string, previous: Step, passphrase: string): Step {
  const recording = readRecording(name) as HttpRecording;
  const { status, headers } = recording.response;
  const body = recording.response.body as Posted;
  const content_type = headers.find(([key]) => key === 'Content-Type')?.[1] ?? '';
  const http: Answer = { status, content_type, body };
  const date = body.created_at ?? headers.find(([key]) => key === 'Date')?.[1] ?? '';
  const envelope_xdr = envelopeIn(recording);
  return {
    name,
    source: previous.source,
    hash: TransactionBuilder.fromXDR(envelope_xdr, passphrase).hash().toString('hex'),
    envelope_xdr,
    last_closed_ledger: { ledger: previous.ledger, close_time: previous.close_time },
    http,
    applied: true,
    // A failed one is answered without its ledger: it is the next.
    ledger: body.ledger ?? previous.ledger + 1,
    close_time: Date.parse(date) / 1000,
    application_order: 1,
    result_xdr: body.result_xdr ?? body.extras?.result_xdr ?? '',
    fee_charged: body.fee_charged ?? '100',
    ...(body.fee_account ? { fee_account: body.fee_account } : {}),
    codes: { transaction: status === 200 ? 'txSuccess' : 'txFailed' },
  };
}

/** A scenario with what was posted while its requests were recorded, which its own file does not hold. */
export function readWholeScenario(name: string): Scenario {
  const scenario = readScenario(name);
  if (name !== HTTP_SCENARIO) return scenario;
  const steps = [...scenario.steps];
  const at = steps.findIndex((step) => step.ledger > LEDGER_OF_RECORDINGS);
  const posted: Step[] = [];
  for (const post of POSTS) {
    const previous = posted.at(-1) ?? (steps[at - 1] as Step);
    posted.push(stepFrom(post, previous, scenario.network_passphrase));
  }
  steps.splice(at, 0, ...posted);
  return { ...scenario, steps };
}
