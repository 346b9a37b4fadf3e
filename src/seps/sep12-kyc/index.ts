import type { SepModule } from '../shared/module.ts';
import { endpoints } from './endpoints.ts';
import { sep12Routes } from './routes.ts';

export { printCustomer } from './view.ts';

/** SEP-12 1.15.0: customers and what an anchor must know of them. */
export const sep12: SepModule = {
  id: 12,
  endpoints,
  title: 'Customer information',
  toml: (ctx) => ({ KYC_SERVER: `${ctx.project.hostUrl}/kyc` }),
  routes: sep12Routes,
  jobs: ['review-customers'],
  needs: [10],
};
