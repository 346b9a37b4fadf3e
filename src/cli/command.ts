import type { Io } from './io.ts';

/** What was given on the command line, spelled right; values are checked by the command itself before it does anything. */
export interface Given {
  args: readonly (string | undefined)[];
  options: Readonly<Record<string, string | boolean | undefined>>;
  json: boolean;
  /** --config */
  config: string | undefined;
}

/** Runs to its end and answers the exit status. */
export type Command = (given: Given, io: Io) => Promise<number>;
