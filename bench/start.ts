// Start-up and memory (goals G14 to G16): processor time of whole processes against `node -e 0` in the same run.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  checkout,
  createTestProject,
  type Running,
  reachable,
  type TestProject,
} from '../test/support/project.ts';

const ROUNDS = 7;
const PAGE_KIB = 4;

interface Result {
  rows: Record<string, string>[];
  ratio: number;
  baseline: string;
  ok: boolean;
}

const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** User plus system time of one run of node, in milliseconds, as the shell's `times` reports it. */
function cpuMs(args: string[], cwd?: string): number {
  const quoted = args.map((arg) => `'${arg}'`).join(' ');
  const script = `'${process.execPath}' ${quoted} >/dev/null 2>&1; times`;
  const lines = execFileSync('bash', ['-c', script], { encoding: 'utf8', cwd }).trim().split('\n');
  const [user = 0, system = 0] = [...(lines[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => Number(minutes) * 60_000 + Number(seconds) * 1000,
  );
  return user + system;
}

/** Processor time used so far by all threads of a running process, in milliseconds, and its resident memory in MiB. */
function usage(pid: number): { cpu: number; rss: number } {
  const threads = readdirSync(`/proc/${pid}/task`);
  // schedstat counts nanoseconds; the ticks of /proc/PID/stat are too coarse for a tenth of a second.
  const ran = threads.map((id) =>
    Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]),
  );
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return { cpu: ran.reduce((sum, ns) => sum + ns, 0) / 1e6, rss: (pages * PAGE_KIB) / 1024 };
}

/** What `node -e 0` has used when it is up: measured while it runs, as the server is. */
async function idleCost(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'console.log(0); setInterval(() => {}, 1e9)']);
  try {
    await once(child.stdout, 'data');
    return usage(child.pid as number).cpu;
  } finally {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
}

async function startCost(project: TestProject): Promise<{ cpu: number; rss: number }> {
  const server: Running = project.start(['serve']);
  try {
    await reachable(`${project.homeUrl}/health`, server);
    return usage(server.child.pid as number);
  } finally {
    await server.kill('SIGKILL');
  }
}

export async function run(): Promise<Result> {
  const bin = join(checkout, 'bin', 'anchor.js');
  const project = await createTestProject();
  const sandbox = await createTestProject();
  const samples: Record<string, number[]> = {
    node: [],
    help: [],
    version: [],
    serve: [],
    serveWithSandbox: [],
    rss: [],
  };
  try {
    const horizon = await sandbox.serve();
    const remote: TestProject = Object.assign(Object.create(project), {
      start: (args: string[]) => project.start(args, { HORIZON_URI: sandbox.horizonUrl }),
    });
    for (let round = 0; round <= ROUNDS; round++) {
      const taken = {
        node: cpuMs(['-e', '0']),
        help: cpuMs([bin, '--help']),
        version: cpuMs([bin, '--version']),
        remote: await startCost(remote),
        hosting: await startCost(project),
        up: await idleCost(),
      };
      if (round === 0) continue; // warm-up
      samples['node']?.push(taken.node);
      samples['help']?.push(taken.help / taken.node);
      samples['version']?.push(taken.version / taken.node);
      samples['serve']?.push(taken.remote.cpu / taken.up);
      samples['serveWithSandbox']?.push(taken.hosting.cpu / taken.up);
      samples['rss']?.push(taken.hosting.rss);
    }
    await horizon.kill('SIGKILL');
  } finally {
    await project.remove();
    await sandbox.remove();
  }
  const of = (name: string) => median(samples[name] ?? []);
  const goals: [string, number, number][] = [
    ['anchor --help (G14)', of('help'), 1.3],
    ['anchor --version (G14)', of('version'), 1.3],
    ['serve until it listens (G15)', of('serve'), 3],
    ['serve hosting the sandbox (G15)', of('serveWithSandbox'), 4.5],
  ];
  const rows = goals.map(([what, value, aim]) => ({
    what,
    ratio: `${value.toFixed(2)}x`,
    aim: `<=${aim}x`,
    ok: String(value <= aim),
  }));
  const rss = of('rss');
  rows.push({
    what: 'idle memory hosting the sandbox (G16)',
    ratio: `${rss.toFixed(0)} MiB`,
    aim: '<=100 MiB',
    ok: String(rss <= 100),
  });
  return {
    rows,
    ratio: of('help'),
    baseline: `node -e 0 (${of('node').toFixed(0)} ms of processor time)`,
    ok: rows.every((row) => row.ok === 'true'),
  };
}
