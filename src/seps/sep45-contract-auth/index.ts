import { keyPairFromSeed, seedMissing } from '../../stellar/keys.ts';
import type { SepModule } from '../shared/module.ts';
import { endpoints } from './endpoints.ts';
import { PATH } from './path.ts';
import { routes, settingsOf } from './routes.ts';

/** SEP-45 Web Authentication for contract accounts v0.1.1. */
export const sep45: SepModule = {
  id: 45,
  title: 'Web authentication of contract accounts',
  endpoints,
  toml(ctx) {
    const { signingSeed } = ctx.project.secrets;
    if (signingSeed === undefined) throw seedMissing('SIGNING_SEED');
    return {
      WEB_AUTH_FOR_CONTRACTS_ENDPOINT: `${ctx.project.hostUrl}${PATH}`,
      WEB_AUTH_CONTRACT_ID: settingsOf(ctx).contract,
      SIGNING_KEY: keyPairFromSeed(signingSeed).publicKey,
    };
  },
  routes,
  jobs: [],
  needs: [1],
};
