import type { Registered } from '../payments/provision/index.ts';
import type { Given } from './command.ts';
import type { Io } from './io.ts';
import { printJson } from './output.ts';

/** What add-asset and issue-asset answer. */
export function printRegistered(given: Given, io: Io, asset: Registered): void {
  if (given.json) {
    printJson(io, {
      code: asset.code,
      issuer: asset.issuer,
      distribution: asset.distribution,
      created: asset.created,
    });
    return;
  }
  io.stdout(`${asset.code} is ${asset.created ? 'registered' : 'registered already'}.\n`);
  if (asset.issuer !== null) io.stdout(`  issuer        ${asset.issuer}\n`);
  io.stdout(`  distribution  ${asset.distribution}\n`);
  if (asset.created) io.stdout(`  limits and fees: anchor assets set ${asset.code} --help\n`);
}
