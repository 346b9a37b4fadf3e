import type { SepModule } from '../shared/module.ts';
import { endpoints } from './endpoints.ts';
import { sep38Routes } from './routes.ts';

/** SEP-38 2.5.0: prices and quotes. */
export const sep38: SepModule = {
  id: 38,
  endpoints,
  title: 'Prices and quotes',
  toml: (ctx) => ({ ANCHOR_QUOTE_SERVER: `${ctx.project.hostUrl}/sep38` }),
  routes: sep38Routes,
  jobs: [],
  needs: [10],
};
