// How all in-process benchmarks measure: cases interleaved round by round, every other round in reverse order, the first round
// thrown away, medians of operations per second of processor time. Wall time moves with the machine's load, this hardly does.

export interface Case {
  name: string;
  /** one operation; `at` counts up for ever */
  once(at: number): unknown;
  /** operations per round */
  times: number;
}

export interface Rates {
  /** median operations per second of processor time */
  of(name: string): number;
  /** median of the rounds' own ratios of two cases: what both shared of the machine cancels out */
  ratio(name: string, baseline: string | ((round: (name: string) => number) => number)): number;
}

export const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export async function measure(cases: Case[], rounds = 9): Promise<Rates> {
  const samples = new Map<string, number[]>(cases.map(({ name }) => [name, []]));
  const counters = new Map<string, number>();
  for (let round = 0; round <= rounds; round++) {
    for (const one of round % 2 === 0 ? cases : [...cases].reverse()) {
      const rate = await sample(one, counters);
      if (round > 0) samples.get(one.name)?.push(rate);
    }
  }
  const of = (name: string): number => median(samples.get(name) ?? []);
  return {
    of,
    ratio(name, baseline) {
      const ratios = (samples.get(name) ?? []).map((rate, round) => {
        const roundOf = (other: string): number => samples.get(other)?.[round] ?? Number.NaN;
        return rate / (typeof baseline === 'string' ? roundOf(baseline) : baseline(roundOf));
      });
      return median(ratios);
    },
  };
}

async function sample(one: Case, counters: Map<string, number>): Promise<number> {
  const start = counters.get(one.name) ?? 0;
  const before = process.cpuUsage();
  for (let at = start; at < start + one.times; at++) {
    const result = one.once(at);
    if (result instanceof Promise) await result;
  }
  const used = process.cpuUsage(before);
  counters.set(one.name, start + one.times);
  return one.times / ((used.user + used.system) / 1e6);
}

export interface Goal {
  what: string;
  ratio: number;
  aim: number;
}

export interface Result {
  rows: Record<string, string>[];
  ratio: number;
  baseline: string;
  ok: boolean;
}

/** The table of a benchmark whose every ratio must reach its aim. */
export function resultOf(
  goals: Goal[],
  headline: Goal,
  baseline: string,
  facts: Record<string, string>[] = [],
): Result {
  const rows = goals.map(({ what, ratio, aim }) => ({
    what,
    ratio: `${ratio.toFixed(2)}x`,
    aim: `>=${aim}x`,
    ok: String(ratio >= aim),
  }));
  return {
    rows: [...facts, ...rows],
    ratio: headline.ratio,
    baseline,
    ok: goals.every(({ ratio, aim }) => ratio >= aim),
  };
}
