/** What became of one thing that was found in the other system. */
export interface ReportRow {
  what: 'asset' | 'transaction' | 'quote' | 'offchain_asset' | 'client' | 'setting';
  /** as the other system names it */
  id: string;
  /** e.g. `deposit completed` */
  name: string;
  /** `there`: an earlier import brought it, or it was made here; `printed`: as text for anchor.toml */
  outcome: 'imported' | 'completed' | 'there' | 'printed' | 'left_out';
  /** why it was left out, or what to do about it; never a secret */
  why: string | null;
}

export interface ImportReport {
  dryRun: boolean;
  rows: ReportRow[];
  /** lines for anchor.toml; empty where there are none */
  anchorToml: string;
  /** what to do next, and what has no counterpart */
  notes: string[];
  /** the given distribution seed lies sealed in the database: its other copies may go */
  seedStored: boolean;
}

/** Whether something that was found is not here now. */
export const isIncomplete = ({ rows }: Pick<ImportReport, 'rows'>): boolean =>
  rows.some(({ outcome }) => outcome === 'left_out');

export const countOf = ({ rows }: Pick<ImportReport, 'rows'>, outcome: ReportRow['outcome']): number =>
  rows.filter((row) => row.outcome === outcome).length;
