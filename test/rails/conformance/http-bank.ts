import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RailsIntegration, TestBank } from '../../../src/config/integrations.ts';

interface Booking {
  id: string;
  kind: 'credit' | 'payout';
  key: string;
  amount: string;
  reference: string;
  counterparty: string;
}

/** A small bank over HTTP, as banks are: idempotency keys, look-up by key, bookings by cursor. */
export interface HttpBank {
  url: string;
  bank: TestBank;
  /** without it the bank takes every order as a new one */
  idempotent: boolean;
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, string>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
}

export async function openHttpBank(): Promise<HttpBank> {
  const book: Booking[] = [];
  let serial = 0;
  const payoutOf = (key: string) => book.find((line) => line.kind === 'payout' && line.key === key);
  const add = (line: Omit<Booking, 'id'>): Booking => {
    const booked = { ...line, id: `B${++serial}` };
    book.push(booked);
    return booked;
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://bank');
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.method === 'POST') {
      const body = await bodyOf(request);
      const key = String(request.headers['idempotency-key'] ?? '');
      const known = made.idempotent ? payoutOf(key) : undefined;
      const { amount = '', to = '' } = body;
      send(200, known ?? add({ kind: 'payout', key, amount, reference: '', counterparty: to }));
    } else if (url.pathname === '/credits') {
      const after = Number(url.searchParams.get('after') ?? 0);
      const credits = book.filter((line) => line.kind === 'credit' && Number(line.id.slice(1)) > after);
      send(200, { credits, last: serial });
    } else {
      const found = payoutOf(decodeURIComponent(url.pathname.slice('/payouts/'.length)));
      if (found === undefined) send(404, { error: 'unknown' });
      else send(200, found);
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const made: HttpBank = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    idempotent: true,
    bank: {
      pay: async ({ amount, reference, from }) =>
        add({ kind: 'credit', key: '', amount, reference, counterparty: from ?? '' }).id,
      statement: async () => book.map((line) => ({ ...line, at: '2026-01-01T00:00:00.000Z' })),
    },
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
  return made;
}

async function json(response: Response): Promise<Record<string, unknown>> {
  if (!response.ok) throw new Error(`the bank answered ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
}

type Order = { key: string; amount: string };

/** An adapter that keeps every rule. */
export function goodRails(
  bank: HttpBank,
): Required<Pick<RailsIntegration, 'pollDeposits' | 'payout' | 'lookupPayout' | 'pollPayouts' | 'refund'>> {
  const order = async ({ key, amount }: Order, to: string, signal: AbortSignal) => {
    const response = await fetch(`${bank.url}/payouts`, {
      method: 'POST',
      headers: { 'idempotency-key': key },
      body: JSON.stringify({ amount, to }),
      signal,
    });
    const { id } = await json(response);
    return { status: 'completed' as const, externalId: String(id) };
  };
  const lookup = async (key: string, signal: AbortSignal) => {
    const response = await fetch(`${bank.url}/payouts/${encodeURIComponent(key)}`, { signal });
    if (response.status === 404 && (await response.clone().json()).error === 'unknown') {
      return { status: 'none' as const };
    }
    const { id } = await json(response);
    return { status: 'completed' as const, externalId: String(id) };
  };
  return {
    async pollDeposits({ cursor }, { signal }) {
      const response = await fetch(`${bank.url}/credits?after=${cursor ?? 0}`, { signal });
      const { credits } = (await json(response)) as { credits: Booking[] };
      return {
        credits: credits.map(({ id, amount, reference, counterparty }) => ({
          id,
          amount,
          reference,
          from: counterparty,
        })),
        cursor: credits.at(-1)?.id.slice(1) ?? cursor,
      };
    },
    payout: ({ key, amount, transaction }, { signal }) =>
      order({ key, amount }, transaction.fields['bank_account_number'] ?? '', signal),
    lookupPayout: (key, { signal }) => lookup(key, signal),
    pollPayouts: async (waiting, { signal }) =>
      Promise.all(waiting.map(async ({ key }) => ({ key, ...(await lookup(key, signal)) }))),
    refund: ({ key, credit, amount }, { signal }) => order({ key, amount }, credit.from ?? '', signal),
  };
}
