export { findJob, JOBS, type Job } from './jobs.ts';
export {
  jobOf,
  type LoopOptions,
  type PassReport,
  type RunOptions,
  runAllLoop,
  runAllOnce,
  runJobLoop,
  runJobOnce,
} from './run.ts';
export { claimThisMachine, keepThisMachine, thisWorker } from './worker.ts';
