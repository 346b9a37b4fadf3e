import { keyPairFromSeed, seedMissing } from '../../stellar/keys.ts';
import type { SepModule } from '../shared/module.ts';
import { endpoints } from './endpoints.ts';
import { PATH, routes } from './routes.ts';

/** SEP-10 Web Authentication v3.4.1. */
export const sep10: SepModule = {
  id: 10,
  endpoints,
  title: 'Web authentication',
  toml(ctx) {
    const { signingSeed } = ctx.project.secrets;
    if (signingSeed === undefined) throw seedMissing('SIGNING_SEED');
    return {
      WEB_AUTH_ENDPOINT: `${ctx.project.hostUrl}${PATH}`,
      SIGNING_KEY: keyPairFromSeed(signingSeed).publicKey,
    };
  },
  routes,
  jobs: [],
  needs: [],
};
