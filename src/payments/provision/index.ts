export { existing, type Say } from './accounts.ts';
export type { Registered } from './assets.ts';
export { type ChannelsWanted, ensureChannels } from './channels.ts';
export { completeProvision } from './complete.ts';
export { ensureHomeDomain, type IssueRequest, issueAsset } from './issue.ts';
export { completeDistribution, registerAsset, registerElsewhere } from './register.ts';
export { keyScope, type Seeds, storedKey, takeDistributionKey } from './seeds.ts';
