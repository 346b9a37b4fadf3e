import { countOf, type ImportReport, isIncomplete } from '../importers/report.ts';
import type { Given } from './command.ts';
import type { Io } from './io.ts';
import { printJson, table } from './output.ts';

/** Rows of one kind that are told one by one; the rest is counted. */
const LISTED = 40;

/**
 * Prints what was imported and what was not, and why.
 *
 * @returns the exit status: 1 when something was left out
 */
export function printImport(given: Given, io: Io, report: ImportReport): number {
  if (given.json) {
    printJson(io, {
      dry_run: report.dryRun,
      imported: countOf(report, 'imported'),
      completed: countOf(report, 'completed'),
      there: countOf(report, 'there'),
      left_out: countOf(report, 'left_out'),
      rows: report.rows,
      anchor_toml: report.anchorToml,
      notes: report.notes,
    });
  } else printReadable(io, report);
  return isIncomplete(report) ? 1 : 0;
}

function printReadable(io: Io, report: ImportReport): void {
  const told = report.rows.filter(
    ({ outcome, why, what }) => why !== null || outcome === 'left_out' || what === 'asset',
  );
  io.stdout(
    table(
      told
        .slice(0, LISTED)
        .map(({ outcome, what, name, id, why }) => [
          outcome.replace('_', ' '),
          what.replace('_', ' '),
          name,
          id,
          why ?? '',
        ]),
    ),
  );
  if (told.length > LISTED) io.stdout(`… and ${told.length - LISTED} more: --json prints all\n`);
  const counts = (['imported', 'completed', 'there', 'printed', 'left_out'] as const)
    .map((outcome) => [countOf(report, outcome), outcome.replace('_', ' ')] as const)
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count} ${name}`);
  io.stdout(
    `${counts.length === 0 ? 'nothing was found' : counts.join(', ')}${report.dryRun ? ' (dry run: nothing was written)' : ''}\n`,
  );
  for (const note of report.notes) io.stderr(`- ${note}\n`);
  if (report.anchorToml !== '') {
    io.stderr('For anchor.toml:\n');
    io.stdout(`\n${report.anchorToml}`);
  }
}
