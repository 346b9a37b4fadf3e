import type { NetworkName } from './project.ts';

/** Stellar's passphrases, and one of our own, so that a signature made on the sandbox is valid nowhere else. */
export const PASSPHRASES: Readonly<Record<NetworkName, string>> = {
  sandbox: 'Create Anchor Sandbox ; 2026',
  testnet: 'Test SDF Network ; September 2015',
  public: 'Public Global Stellar Network ; September 2015',
};

export const NETWORK_NAMES: readonly NetworkName[] = ['sandbox', 'testnet', 'public'];

export const HORIZON_URLS: Readonly<Record<'testnet' | 'public', string>> = {
  testnet: 'https://horizon-testnet.stellar.org',
  public: 'https://horizon.stellar.org',
};

export const TESTNET_FRIENDBOT = 'https://friendbot.stellar.org';
