import { createServer } from 'node:http';
import type { TestProject } from 'vitest/node';
import { type PostgresServer, startPostgres } from './postgres.ts';

/** What the run's PostgreSQL is, as told to test files. */
export type PostgresAnswer = { url: string } | { missing: string };

declare module 'vitest' {
  export interface ProvidedContext {
    /** ask here for the run's PostgreSQL; it is started by the first who asks */
    postgresBroker: string;
  }
}

/** One PostgreSQL server per run, and none where no test wants it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let started: Promise<PostgresServer | string> | undefined;
  const broker = createServer(async (_request, response) => {
    started ??= startPostgres();
    const server = await started;
    const answer: PostgresAnswer = typeof server === 'string' ? { missing: server } : { url: server.url };
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((done) => broker.listen(0, '127.0.0.1', done));
  const { port } = broker.address() as { port: number };
  project.provide('postgresBroker', `http://127.0.0.1:${port}`);
  return async () => {
    broker.closeAllConnections();
    broker.close();
    const server = await started;
    if (typeof server === 'string') {
      console.warn(`\nSKIPPED: every test on PostgreSQL, because there is none: ${server}\n`);
    }
    if (typeof server === 'object') await server.stop();
  };
}
