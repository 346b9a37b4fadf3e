import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Project } from '../../config/project.ts';
import { keyPairFromSeed } from '../../stellar/keys.ts';
import { type Finding, fail, ok, warn } from './check.ts';

const NODE_20_END = 'Node 20 is past its end of life; Node 22.14 or newer is also faster to install with.';

export function checkNode(versions: { node: string }): Finding {
  return versions.node.startsWith('20.') ? warn('node', NODE_20_END) : ok('node', versions.node);
}

/** `.env` is there, closed to others and not in git. */
export function checkEnvFile(root: string): Finding {
  const path = join(root, '.env');
  if (!existsSync(path)) return ok('env_file', 'There is none: everything comes from the environment.');
  if (isTracked(root))
    return fail('env_file', 'git keeps .env: run git rm --cached .env, and change every key in it.');
  const open = process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0;
  return open ? warn('env_file', 'Others can read .env: run chmod 600 .env') : ok('env_file');
}

function isTracked(root: string): boolean {
  try {
    execFileSync('git', ['ls-files', '--error-unmatch', '.env'], { cwd: root, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Every secret that a switched-on SEP needs. */
export function checkKeys(project: Project): Finding[] {
  const { secrets, seps } = project;
  const findings: Finding[] = [];
  const missing: string[] = [];
  if (seps.includes(10) && secrets.signingSeed === undefined) missing.push('SIGNING_SEED');
  if (secrets.jwtKey === undefined) missing.push('SERVER_JWT_KEY');
  if (secrets.encryptionKey === undefined) missing.push('ENCRYPTION_KEY');
  findings.push(
    missing.length === 0
      ? ok('keys')
      : fail('keys', `${missing.join(', ')} not set in .env. Run: anchor setup`),
  );
  const seeds = [secrets.signingSeed, secrets.distributionSeed, secrets.issuerSeed].filter(
    (seed) => seed !== undefined,
  );
  if (new Set(seeds).size < seeds.length) {
    findings.push(
      fail('keys_distinct', 'Two of SIGNING_SEED, DISTRIBUTION_SEED and ISSUER_SEED are the same key.'),
    );
  }
  if (project.network.name === 'public' && project.hostUrl.startsWith('http:')) {
    findings.push(fail('host_url', 'HOST_URL in .env must be the https address that wallets use.'));
  }
  if (secrets.signingSeed !== undefined) {
    findings.push(ok('signing_key', keyPairFromSeed(secrets.signingSeed).publicKey));
  }
  return findings;
}
