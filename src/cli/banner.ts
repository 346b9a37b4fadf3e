import type { Project } from '../config/project.ts';
import { type Io, paint } from './io.ts';
import { packageRoot } from './package-root.ts';

/** What `serve --json` says once it listens. */
export function serveDocument(project: Project) {
  return {
    url: project.hostUrl,
    port: project.port,
    network: project.network.name,
    stellar_toml: `${project.hostUrl}/.well-known/stellar.toml`,
    horizon: project.network.horizonUrl,
  };
}

/** The first screen: where things are, and what to try next. */
export function banner(io: Io, project: Project, options: { jobs: boolean; dev: boolean }): string {
  const sandbox = project.network.name === 'sandbox';
  const rows: [string, string][] = [
    ['anchor', project.hostUrl],
    ['stellar.toml', `${project.hostUrl}/.well-known/stellar.toml`],
  ];
  if (sandbox) rows.push(['demo wallet', `${project.hostUrl}/demo-wallet`]);
  if (sandbox && project.integrations.testBank !== undefined)
    rows.push(['test bank', `${project.hostUrl}/bank`]);
  rows.push([sandbox ? 'sandbox' : 'Horizon', project.network.horizonUrl]);
  const head = `${paint(io, 'bold', project.organization.name)} on ${project.network.name}, create-anchor ${packageRoot().version}`;
  const lines = rows.map(([name, value]) => `  ${name.padEnd(14)}${paint(io, 'cyan', value)}`);
  return `\n${head}\n\n${lines.join('\n')}\n\n${next(project, options)}\n\n`;
}

function next(project: Project, options: { jobs: boolean; dev: boolean }): string {
  const asset = project.setup.asset ?? 'CODE';
  if (!options.jobs) {
    return 'Nothing moves without the jobs. In another terminal: anchor run all --loop';
  }
  if (project.network.name !== 'sandbox') return 'Check it as a wallet would: anchor doctor';
  const then = options.dev ? ' Then change integrations.ts and watch it restart.' : '';
  return `Next: open the demo wallet and make a deposit, or in another terminal: npx anchor wallet deposit 100 ${asset}${then ? `\n${then.trim()}` : ''}`;
}
