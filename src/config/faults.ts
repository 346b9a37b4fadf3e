import { AnchorError } from '../kernel/errors.ts';
import { scrub } from '../kernel/log.ts';

/** One thing that is wrong with the configuration. */
export interface ConfigFault {
  /** e.g. `UNKNOWN_KEY`, `VALUE_INVALID` */
  code: ConfigFaultCode;
  /** `anchor.toml: sep10.client_domains`, `.env: PORT`, `environment: PORT`, `integrations.ts:12` */
  where: string;
  /** what was found there; never a secret */
  found: string;
  /** what to write instead */
  fix: string;
}

export type ConfigFaultCode =
  | 'TOML_UNREADABLE'
  | 'ENV_UNREADABLE'
  | 'UNKNOWN_KEY'
  | 'VALUE_INVALID'
  | 'VALUE_MISSING'
  | 'VALUES_CONFLICT'
  | 'SECRET_MISPLACED'
  | 'CODE_UNLOADABLE'
  | 'CODE_INVALID'
  | 'HOOK_MISSING';

/** Gathers faults so that all are told at once. */
export class Faults {
  readonly list: ConfigFault[] = [];

  add(code: ConfigFaultCode, where: string, found: string, fix: string): void {
    this.list.push({ code, where, found: scrub(found), fix });
  }

  /** @throws CONFIG_INVALID naming every fault, if there is any */
  throwIfAny(): void {
    if (this.list.length === 0) return;
    const lines = this.list.map(({ where, found, fix }) => `  ${where}: ${found}\n    ${fix}`);
    const error = new AnchorError({
      code: 'CONFIG_INVALID',
      message: `The configuration has ${this.list.length === 1 ? 'a fault' : `${this.list.length} faults`}:\n${lines.join('\n')}`,
      hint: 'Every setting is described in docs/reference/configuration.md.',
    });
    throw Object.assign(error, { faults: this.list });
  }
}

/** The faults of a CONFIG_INVALID error; empty for any other error. */
export function configFaults(error: unknown): readonly ConfigFault[] {
  if (!AnchorError.is(error) || error.code !== 'CONFIG_INVALID') return [];
  return (error as AnchorError & { faults?: ConfigFault[] }).faults ?? [];
}

/** A value as it may be shown: short, on one line, without a secret. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? JSON.stringify(value) : describe(value);
  return scrub(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}

function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  if (typeof value === 'object' && value !== null) return `a table with ${Object.keys(value).join(', ')}`;
  return String(value);
}
