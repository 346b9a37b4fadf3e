// A sandbox network in a process of its own, for the benchmarks of payments: real queue rules, ledgers by the clock.
import { serveSandbox } from '../src/sandbox/index.ts';

const [close = '1', operationsPerLedger = '1000'] = (process.argv[3] ?? '').split(',');
const served = await serveSandbox({
  port: 0,
  host: '127.0.0.1',
  close: Number(close),
  operationsPerLedger: Number(operationsPerLedger),
  passphrase: 'bench ; a network of its own',
});
process.send?.({ port: served.port });
const end = async (): Promise<void> => {
  await served.close();
  process.exit(0);
};
process.on('message', end);
// a benchmark that was stopped leaves nothing running
process.on('disconnect', end);
