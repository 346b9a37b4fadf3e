import type { SepModule } from '../shared/module.ts';
import { endpoints } from './endpoints.ts';
import { sep6Routes } from './routes.ts';

export { describeTransfer, type Sep6Transaction } from './view.ts';

/** SEP-6 4.3.0: deposit and withdrawal without pages. */
export const sep6: SepModule = {
  id: 6,
  endpoints,
  title: 'Deposit and withdrawal',
  toml: (ctx) => ({ TRANSFER_SERVER: `${ctx.project.hostUrl}/sep6` }),
  routes: sep6Routes,
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
