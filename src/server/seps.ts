import type { Project } from '../config/project.ts';
import { createSep1 } from '../seps/sep01-toml/index.ts';
import { sep6 } from '../seps/sep06-transfer/index.ts';
import { sep10 } from '../seps/sep10-auth/index.ts';
import { sep12 } from '../seps/sep12-kyc/index.ts';
import { sep24 } from '../seps/sep24-interactive/index.ts';
import { sep31 } from '../seps/sep31-payments/index.ts';
import { sep38 } from '../seps/sep38-quotes/index.ts';
import { sep45 } from '../seps/sep45-contract-auth/index.ts';
import type { SepModule } from '../seps/shared/module.ts';

const MODULES: readonly SepModule[] = [sep6, sep10, sep12, sep24, sep31, sep38, sep45];

/** The SEPs that the project switched on, SEP-1 with the keys of the others. */
export function activeSeps(project: Project): readonly SepModule[] {
  const others = MODULES.filter((module) => project.seps.includes(module.id));
  return project.seps.includes(1) ? [createSep1(others), ...others] : others;
}
