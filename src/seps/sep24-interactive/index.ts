import type { SepModule } from '../shared/module.ts';
import { endpoints } from './endpoints.ts';
import { sep24Routes } from './routes.ts';

export { describeTransaction, type Sep24Transaction } from './view.ts';

/** SEP-24 3.8.0: hosted deposit and withdrawal. */
export const sep24: SepModule = {
  id: 24,
  endpoints,
  title: 'Hosted deposit and withdrawal',
  toml: (ctx) => ({ TRANSFER_SERVER_SEP0024: `${ctx.project.hostUrl}/sep24` }),
  routes: sep24Routes,
  jobs: [
    'poll-deposits',
    'submit-payments',
    'watch-payments',
    'execute-payouts',
    'poll-payouts',
    'expire-transactions',
  ],
  needs: [10],
};
