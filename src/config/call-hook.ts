import type { HookContext, Json, TransactionContext } from '../config/integrations.ts';
import { AnchorError } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { AnchorContext } from './context.ts';

export {
  callHook,
  type HookFault,
  type HookHost,
  type HookOptions,
  hookFaultOf,
} from '../config/call-hook.ts';
