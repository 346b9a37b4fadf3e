import type { Integrations } from '../../src/config/integrations.ts';
import type { Project } from '../../src/config/project.ts';
import { quotesWith } from './prices.ts';
import { pairNamed, ROOT } from './template.ts';

/** The configuration of the simulated anchor. */
export function projectWith(passphrase: string, expireHours: number, integrations: Integrations): Project {
  return {
    root: ROOT,
    organization: { name: 'Nordlicht Bank' },
    network: { name: 'sandbox', passphrase, horizonUrl: 'http://horizon', friendbotUrl: undefined },
    seps: [1, 6, 10, 24, 31, 38],
    hostUrl: 'http://localhost:8000',
    port: 8000,
    sandboxPort: 8001,
    localMode: true,
    databaseUrl: '',
    homeDomain: 'localhost:8000',
    homeDomains: ['localhost:8000'],
    branding: { accent: '#0f6b5c', logo: undefined },
    sep10: { clientDomainRequired: false, clientDomains: [], tokenLifetimeSeconds: 3600 },
    sep24: { claimableBalances: true, accountCreation: true },
    transfers: { expireHours },
    quotes: quotesWith(expireHours * 3_600_000),
    stellar: { startingBalance: 20_100_000n, maxFee: 100_000n },
    sandbox: { closeMs: 1000, state: 'memory', seed: 'test' },
    jobIntervalSeconds: 3,
    setup: { asset: undefined, issuer: undefined },
    secrets: {
      signingSeed: pairNamed('signing').seed,
      jwtKey: 'a-test-key-of-more-than-sixteen-characters',
      encryptionKey: undefined,
      adminPasswordHash: undefined,
      distributionSeed: undefined,
      issuerSeed: undefined,
    },
    integrations,
    forms: new Map(),
  };
}
