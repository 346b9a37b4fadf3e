import { resolve } from 'node:path';
import { findProjectRoot } from '../config/root.ts';
import type { Given } from './command.ts';
import type { Io } from './io.ts';

/** The folder of the project, by --config, ANCHOR_CONFIG or the folder we are in. @throws PROJECT_NOT_FOUND */
export const rootOf = (given: Given, io: Io): string =>
  findProjectRoot(resolve(io.cwd, given.config ?? (io.env.ANCHOR_CONFIG || '.')));
