// What settlement costs the paying process (goal G13): build, sign, store, send, confirm and book, with ten channels and full batches, against
// the serial submit-and-wait, and against signatures of node:crypto, by which the machine's speed is known.
import { sign as cryptoSign, generateKeyPairSync } from 'node:crypto';
import { serial } from './_baselines.ts';
import { type Goal, median, type Result, resultOf } from './_meter.ts';
import { owe } from './_payments.ts';
import { cycled, fact, pay, twice, withWorld } from './_settle.ts';

/** The goal's 0.2 ms, in signatures of the machine that it was set on. */
const SIGNATURES = 6;

/** Milliseconds of processor time for one signature, now on this machine. */
function signMs(): number {
  const { privateKey } = generateKeyPairSync('ed25519');
  const data = Buffer.alloc(32, 7);
  const rounds = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    for (let i = 0; i < 2_000; i++) cryptoSign(null, data, privateKey);
    const used = process.cpuUsage(before);
    return (used.user + used.system) / 1000 / 2_000;
  });
  return median(rounds);
}

export const run = (): Promise<Result> =>
  twice(() =>
    withWorld({ channels: 10, close: 2 }, async (world) => {
      await owe(world, cycled(world, 200));
      const one = await serial(world, 5);
      await pay(world);
      await owe(world, cycled(world, 4_000));
      const before = signMs();
      const full = await pay(world);
      const signature = (before + signMs()) / 2;
      const ours = full.cpu / full.total;
      const goals: Goal[] = [
        {
          what: 'processor time per payment, serial submit-and-wait : ours (G13)',
          ratio: one.cpu / one.payments / ours,
          aim: 10,
        },
        {
          what: `processor time of ${SIGNATURES} signatures of node:crypto : ours per payment (G13)`,
          ratio: (SIGNATURES * signature) / ours,
          aim: 1,
        },
      ];
      const rows = [
        fact('milliseconds of processor time', { ours, signature, serial: one.cpu / one.payments }),
      ];
      return resultOf(goals, goals[0] as Goal, 'serial submit-and-wait of one payment at a time', rows);
    }),
  );
