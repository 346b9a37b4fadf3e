import type { CrashPlan, Point } from './process.ts';
import { POINTS } from './process.ts';
import { type Outcome, type RunOptions, runSeed } from './run.ts';

/** One flow of each kind whose crash points are gone through, all of them. */
export const STORIES: readonly string[] = [
  'deposit',
  'deposit, trust later',
  'deposit, claimable, no account',
  'withdrawal',
  'withdrawal under',
  'withdrawal paid twice',
  'deposit short',
];

/** The flows of money of which all pairs are gone through. */
const IN_PAIRS: readonly string[] = [
  'deposit',
  'deposit, claimable, no account',
  'deposit short',
  'withdrawal',
  'withdrawal under',
];

export interface Crash {
  /** which effect of the run */
  index: number;
  point: Point;
}

export interface PointRun {
  story: string;
  crashes: Crash[];
}

const quiet = (story: string): RunOptions => ({
  density: 0,
  workers: 1,
  faultsMs: 0,
  only: [story],
  lookup: true,
  poll: true,
  // the story alone: what comes after its end is nobody's
  swift: true,
  channels: story === 'deposit' ? 1 : 0,
  policy: { refunds: true, wrongAmount: 'end', acceptLate: false },
});

function planOf(crashes: readonly Crash[]): CrashPlan {
  return (effect, process) => {
    if (process.crashPending) return null;
    return crashes.find((crash) => crash.index === effect.index)?.point ?? null;
  };
}

/** How many effects a story has when nothing goes wrong. */
export async function effectsOf(story: string): Promise<number> {
  const { effects, violations } = await runSeed(`points/${story}`, quiet(story));
  if (violations.length > 0) throw new Error(`the story ${story} fails without any crash: ${violations[0]}`);
  return effects;
}

export const runPoint = ({ story, crashes }: PointRun): Promise<Outcome> =>
  runSeed(`points/${story}`, { ...quiet(story), crashes: planOf(crashes) });

/** Every crash point of every story. */
export async function singles(): Promise<PointRun[]> {
  const runs: PointRun[] = [];
  for (const story of STORIES) {
    const count = await effectsOf(story);
    for (let index = 0; index < count; index++) {
      for (const point of POINTS) runs.push({ story, crashes: [{ index, point }] });
    }
  }
  return runs;
}

/** Every pair of crash points of the flows of money: the second one counts on in the life after the first. */
export async function pairs(): Promise<PointRun[]> {
  const runs: PointRun[] = [];
  for (const story of IN_PAIRS) {
    const count = await effectsOf(story);
    for (let first = 0; first < count; first++) {
      for (let second = first + 1; second < count + 4; second++) {
        for (const a of POINTS) {
          for (const b of POINTS) {
            runs.push({
              story,
              crashes: [
                { index: first, point: a },
                { index: second, point: b },
              ],
            });
          }
        }
      }
    }
  }
  return runs;
}
