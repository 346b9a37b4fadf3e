import { holdSuspense } from '../../transfers/index.ts';
import { decisionCommand } from '../suspense.ts';

export default decisionCommand((ctx, item, how) => holdSuspense(ctx, item, how));
