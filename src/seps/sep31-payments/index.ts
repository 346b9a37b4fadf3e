import type { SepModule } from '../shared/module.ts';
import { endpoints } from './endpoints.ts';
import { sep31Routes } from './routes.ts';

export { describePayment, wireStatus } from './view.ts';

/** SEP-31 3.1.0: payments between anchors, receiving side. */
export const sep31: SepModule = {
  id: 31,
  endpoints,
  title: 'Cross-border payments',
  toml: (ctx) => ({ DIRECT_PAYMENT_SERVER: `${ctx.project.hostUrl}/sep31` }),
  routes: sep31Routes,
  jobs: ['submit-payments', 'watch-payments', 'execute-payouts', 'poll-payouts', 'expire-transactions'],
  needs: [1, 10, 12],
};
