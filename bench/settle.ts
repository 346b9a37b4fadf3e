// Settlement on Stellar (goals G8, G9 and G10): our engine against the serial submit-and-wait of Polaris and the one-payment-per-channel
// of the Disbursement Platform, each over our own client and database and a network with core's queue rules in its own process.
import { onePerChannel, serial } from './_baselines.ts';
import { type Goal, type Result, resultOf } from './_meter.ts';
import { owe } from './_payments.ts';
import { cycled, fact, M, type Part, pay, steady, twice, withWorld } from './_settle.ts';

/** The thousand of the headline, and saturation, with ten channels. */
async function tenChannels(baseline: { serialMs: number; channelMs: number }): Promise<Part> {
  return withWorld({ channels: 10, wallets: 1_000 }, async (world) => {
    await owe(world, cycled(world, 1_000));
    const thousand = await pay(world);
    await owe(world, cycled(world, 6_000));
    const full = await pay(world);
    return {
      goals: [
        {
          what: 'seconds for 1,000 memo-less deposits on 10 channels : serial submit-and-wait',
          ratio: (1_000 * baseline.serialMs) / thousand.wall,
          aim: 200,
        },
        {
          what: '1,000 memo-less deposits on 10 channels: 3 ledgers : ours',
          ratio: 3 / thousand.ledgers,
          aim: 1,
        },
        {
          what: 'settlement with 10 channels : min(M, 100 C) per ledger (G9)',
          ratio: steady(full) / Math.min(M, 1_000),
          aim: 0.95,
        },
        {
          what: 'request budget of 0.02 per settled payment : ours (G10)',
          ratio: 0.02 / (full.requests / full.total),
          aim: 1,
        },
        {
          what: 'time per payment, one payment per channel on 10 channels : ours',
          ratio: baseline.channelMs / (full.wall / full.total),
          aim: 50,
        },
      ],
      rows: [
        fact('1,000 deposits', {
          ledgers: thousand.ledgers,
          perLedger: thousand.counts.join('+'),
          seconds: thousand.wall / 1000,
        }),
        fact('saturated', {
          perLedger: steady(full),
          requestsPerPayment: full.requests / full.total,
          cpuMsPerPayment: full.cpu / full.total,
        }),
      ],
    };
  });
}

async function oneAccount(baseline: { serialPerLedger: number; channelPerLedger: number }): Promise<Part> {
  return withWorld({ channels: 0 }, async (world) => {
    await owe(world, cycled(world, 600));
    const paid = await pay(world);
    const rate = steady(paid);
    return {
      goals: [
        { what: 'settlement by one account : min(M, 100) per ledger (G8)', ratio: rate / 100, aim: 0.95 },
        {
          what: 'payments per ledger of one account : serial (G8)',
          ratio: rate / baseline.serialPerLedger,
          aim: 95,
        },
        {
          what: "payments per ledger of one account : the platform's two channels (G8)",
          ratio: rate / baseline.channelPerLedger,
          aim: 47,
        },
      ],
      rows: [fact('one account', { perLedger: rate, requestsPerPayment: paid.requests / paid.total })],
    };
  });
}

export const run = (): Promise<Result> => twice(runOnce);

async function runOnce(): Promise<Result> {
  const base = await withWorld({ channels: 10 }, async (world) => {
    await owe(world, cycled(world, 200));
    const polaris = await serial(world, 5);
    const two = await onePerChannel(world, 10, 2);
    const ten = await onePerChannel(world, 40, 10);
    return { polaris, two, ten };
  });
  const { polaris, two, ten } = base;
  const parts = [
    await tenChannels({
      serialMs: polaris.wall / polaris.payments,
      channelMs: ten.wall / ten.payments,
    }),
    await oneAccount({
      serialPerLedger: polaris.payments / polaris.ledgers,
      channelPerLedger: two.payments / two.ledgers,
    }),
  ];
  const goals = parts.flatMap((part) => part.goals);
  const facts = [
    fact('serial', {
      perLedger: polaris.payments / polaris.ledgers,
      cpuMsPerPayment: polaris.cpu / polaris.payments,
      requestsPerPayment: polaris.requests / polaris.payments,
    }),
    fact('one per channel, 2 channels', {
      perLedger: two.payments / two.ledgers,
      requestsPerPayment: two.requests / two.payments,
    }),
    fact('one per channel, 10 channels', {
      perLedger: ten.payments / ten.ledgers,
      cpuMsPerPayment: ten.cpu / ten.payments,
    }),
    ...parts.flatMap((part) => part.rows),
  ];
  return resultOf(goals, goals[0] as Goal, 'serial submit-and-wait of one payment at a time', facts);
}
