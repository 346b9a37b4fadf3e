import type { Client } from './clients.ts';
import type { CustomerRules } from './customers.ts';
import type { FormDefinition, Integrations } from './integrations.ts';

export type NetworkName = 'sandbox' | 'testnet' | 'public';
export type SepId = 1 | 6 | 10 | 12 | 24 | 31 | 38 | 45;

export interface Organization {
  name: string;
  dba?: string;
  url?: string;
  logo?: string;
  description?: string;
  physicalAddress?: string;
  phoneNumber?: string;
  keybase?: string;
  twitter?: string;
  github?: string;
  officialEmail?: string;
  supportEmail?: string;
  licensingAuthority?: string;
  licenseType?: string;
  licenseNumber?: string;
}

/** Secrets as read from the environment; absent ones are checked by whoever needs them. Never printed. */
export interface Secrets {
  /** SIGNING_SEED: `S…` of the SEP-10 and callback key */
  signingSeed: string | undefined;
  /** SERVER_JWT_KEY */
  jwtKey: string | undefined;
  /** ENCRYPTION_KEY: one or several `kid:base64(32 bytes)` separated by commas, the first encrypts, all decrypt */
  encryptionKey: string | undefined;
  adminPasswordHash: string | undefined;
  distributionSeed: string | undefined;
  issuerSeed: string | undefined;
  /** RAILS_WEBHOOK_SECRET: one or several separated by commas, each of them is good; none: the webhook is closed */
  railsWebhook?: readonly string[] | undefined;
}

/** Keeps keys elsewhere and signs over HTTP. */
export interface ExternalSigner {
  /** https, or http on a loopback host or the sandbox */
  url: string;
  /** shared with it; requests carry an HMAC made with it */
  secret: string;
}

/** Payments between anchors, receiving side. */
export interface Sep31Settings {
  /** `G…` of the sending anchors with a contract (S31-02); none: nobody, on the sandbox everybody */
  senders: readonly string[];
  /** how money is delivered to receivers */
  fundingMethods: readonly string[];
  quotesRequired: boolean;
  /** takes payments on before its customers are accepted; money is asked for when they are (S31-11) */
  acceptUnverified: boolean;
}

export const SEP31_PRESET: Sep31Settings = Object.freeze({
  senders: [],
  fundingMethods: ['SEPA'],
  quotesRequired: false,
  acceptUnverified: false,
});

/** Login of contract accounts. */
export interface Sep45Settings {
  /** `C…` that WEB_AUTH_CONTRACT_ID names */
  contract: string;
  /** Stellar RPC server; may hold a key, never printed */
  rpcUrl: string;
}

/** A way by which an asset outside of Stellar is handed over. */
export interface DeliveryMethod {
  name: string;
  description: string;
}

/** An asset outside of Stellar that is exchanged with ours. */
export interface OffchainAsset {
  /** SEP-38 id, e.g. iso4217:USD */
  asset: string;
  /** decimals that it is counted in, 0 to 7 */
  decimals: number;
  /** ISO 3166-1 alpha-2 or 3166-2 (S38-08) */
  countryCodes: readonly string[];
  /** how users hand it to us */
  sellDeliveryMethods: readonly DeliveryMethod[];
  /** how we hand it to users */
  buyDeliveryMethods: readonly DeliveryMethod[];
}

/** Prices and quotes (SEP-38). */
export interface QuotesSettings {
  assets: readonly OffchainAsset[];
  /** how long a firm quote holds where nobody says otherwise */
  lifetimeSeconds: number;
  /** the longest that `expire_after` may ask for */
  lifetimeMaxSeconds: number;
  /** info, prices and price need a token too */
  authRequired: boolean;
  /** unused quotes that one account may hold at a time */
  openMax: number;
}

const BY_BANK: readonly DeliveryMethod[] = [{ name: 'SEPA', description: 'Bank transfer' }];

export const QUOTES_PRESET: QuotesSettings = Object.freeze({
  assets: [
    {
      asset: 'iso4217:USD',
      decimals: 2,
      countryCodes: [],
      sellDeliveryMethods: BY_BANK,
      buyDeliveryMethods: BY_BANK,
    },
  ],
  lifetimeSeconds: 600,
  lifetimeMaxSeconds: 86_400,
  authRequired: false,
  openMax: 100,
});

export interface CustomerSettings extends CustomerRules {
  maxFileBytes: number;
  /** per customer, and of one who has none yet */
  maxFiles: number;
}

/** The validated whole of anchor.toml, the environment and integrations.ts. Read once, never changed. */
export interface Project {
  /** absolute path of the folder with anchor.toml */
  root: string;
  organization: Organization;
  network: {
    name: NetworkName;
    passphrase: string;
    /** without a trailing slash */
    horizonUrl: string;
    /** further servers: asked where the first does not answer, and all of them have to agree that an envelope is dead (R4) */
    otherHorizonUrls?: readonly string[];
    /** undefined where there is none */
    friendbotUrl: string | undefined;
  };
  /** active SEPs in ascending order */
  seps: readonly SepId[];
  /** HTTP: where this anchor is reached from outside, without a trailing slash */
  hostUrl: string;
  port: number;
  sandboxPort: number;
  /** plain http on a loopback host is allowed; authentication stays on */
  localMode: boolean;
  /** `sqlite:PATH` (PATH absolute here), `postgres://…` */
  databaseUrl: string;
  /** the host, and port where not the default, of hostUrl: SEP-10 home domain and web_auth_domain */
  homeDomain: string;
  homeDomains: readonly string[];
  /** wallets that this anchor knows, from clients.toml */
  clients?: readonly Client[];
  /** what `anchor setup` makes when the database has no asset yet */
  setup: { asset: string | undefined; issuer: string | undefined };
  branding: { accent: string; logo: string | undefined };
  sep10: {
    /** a client_domain is demanded of every wallet */
    clientDomainRequired: boolean;
    /** if not empty, only these are verified; others are ignored (S10-07) */
    clientDomains: readonly string[];
    tokenLifetimeSeconds: number;
  };
  sep24: { claimableBalances: boolean; accountCreation: boolean };
  /** absent: as in `SEP31_PRESET` */
  sep31?: Sep31Settings;
  /** there where SEP-45 is switched on */
  sep45?: Sep45Settings;
  /** SEP-2: names of this anchor are answered at `/federation`; absent: no */
  federation?: { enabled: boolean };
  /** SEP-8: codes of our assets that need the approval server; absent: none */
  regulated?: { assets: readonly string[] };
  /** absent: as in `QUOTES_PRESET` */
  quotes?: QuotesSettings;
  /** what is asked of customers (SEP-12); where it is missing: of the types that other SEPs name, the usual */
  customers?: CustomerSettings;
  transfers: {
    /** hours after which a deposit or withdrawal that nobody funded expires */
    expireHours: number;
  };
  stellar: {
    /** XLM in stroops for an account that is created with its first payment */
    startingBalance: bigint;
    /** stroops per operation at most */
    maxFee: bigint;
    /** hours that a transaction waits for the signatures of co-signers; default 24 */
    cosignHours?: number;
  };
  sandbox: {
    /** milliseconds between ledgers */
    closeMs: number;
    state: string;
    seed: string;
  };
  /** seconds between two passes of each job with --loop */
  jobIntervalSeconds: number;
  secrets: Secrets;
  /** SIGNER_URL, SIGNER_SECRET: who signs for distribution accounts whose keys are not here */
  signer?: ExternalSigner | undefined;
  integrations: Integrations;
  /** by id (file name without extension), in file-name order */
  forms: ReadonlyMap<string, FormDefinition>;
}
