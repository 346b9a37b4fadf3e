import type { WorldOptions } from './world.ts';

type Mistake = NonNullable<WorldOptions['tamper']>;

/** Mistakes around the engine, for the tests of the simulation itself: what a failure prints, and that it comes again. */
const MISTAKES: Record<string, Mistake> = {
  /** Orders every payout twice, under another key each time. */
  'paid-twice': (ctx) => {
    const { rails } = ctx.project.integrations;
    if (rails?.payout === undefined) return ctx;
    const pay = rails.payout;
    const twice: typeof pay = async (order, ...more) => {
      await pay({ ...order, key: `${order.key}-again` }, ...more);
      return pay(order, ...more);
    };
    const integrations = { ...ctx.project.integrations, rails: { ...rails, payout: twice } };
    return { ...ctx, project: { ...ctx.project, integrations } };
  },
};

export const mistakeNamed = (name: string): Mistake | undefined => MISTAKES[name];
