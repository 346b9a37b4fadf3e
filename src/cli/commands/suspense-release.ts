import { releaseSuspense } from '../../transfers/index.ts';
import { decisionCommand } from '../suspense.ts';

export default decisionCommand((ctx, item, how) => releaseSuspense(ctx, item, how));
