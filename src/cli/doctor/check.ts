import { AnchorError, messageOf } from '../../kernel/errors.ts';

export type Status = 'ok' | 'warn' | 'fail';

/** One thing that doctor has looked at. `hint` says what was found and the line to change. */
export interface Finding {
  id: string;
  status: Status;
  hint: string | null;
}

export const ok = (id: string, hint: string | null = null): Finding => ({ id, status: 'ok', hint });
export const warn = (id: string, hint: string): Finding => ({ id, status: 'warn', hint });
export const fail = (id: string, hint: string): Finding => ({ id, status: 'fail', hint });

/** A check that throws has failed; the others go on. */
export async function guarded(id: string, check: () => Promise<Finding | Finding[]>): Promise<Finding[]> {
  try {
    return [await check()].flat();
  } catch (error) {
    const hint = AnchorError.is(error) && error.hint !== undefined ? ` ${error.hint}` : '';
    return [fail(id, `${messageOf(error)}${hint}`)];
  }
}
