import { Networks } from '@stellar/stellar-sdk';

/** What the benchmark and its servers agree on. A key of no account anywhere. */
export const SIGNING_SEED = 'SAV76USXIJOBMEQXPANUOQM6F5LIOTLPDIDVRJBFFE2MDJXG24TAPUU7';
export const DOMAIN = 'anchor.example.com';
export const PASSPHRASE: string = Networks.TESTNET;
