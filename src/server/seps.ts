import type { Project } from '../config/project.ts';
import { createSep1 } from '../seps/sep01-toml/index.ts';
import { sep2 } from '../seps/sep02-federation/index.ts';
import { sep6 } from '../seps/sep06-transfer/index.ts';
import { sep8 } from '../seps/sep08-approval/index.ts';
import { sep10 } from '../seps/sep10-auth/index.ts';
import { sep12 } from '../seps/sep12-kyc/index.ts';
import { sep24 } from '../seps/sep24-interactive/index.ts';
import { sep31 } from '../seps/sep31-payments/index.ts';
import { sep38 } from '../seps/sep38-quotes/index.ts';
import { sep45 } from '../seps/sep45-contract-auth/index.ts';
import type { SepModule } from '../seps/shared/module.ts';

const MODULES: readonly SepModule[] = [sep2, sep6, sep8, sep10, sep12, sep24, sep31, sep38, sep45];

function isOn(project: Project, { id }: SepModule): boolean {
  if (id === 2) return project.federation?.enabled === true;
  if (id === 8) return (project.regulated?.assets ?? []).length > 0;
  return project.seps.includes(id);
}

/** The SEPs that the project switched on, SEP-1 with the keys of the others. */
export function activeSeps(project: Project): readonly SepModule[] {
  const others = MODULES.filter((module) => isOn(project, module));
  return project.seps.includes(1) ? [createSep1(others), ...others] : others;
}
