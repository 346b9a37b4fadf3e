// Loaded into the official anchor test suite before its own code (`node --import`): what it asks of the public testnet goes to the
// sandbox at SUITE_SANDBOX. Everything else goes where it was meant to go.
import http from 'node:http';
import https from 'node:https';

const sandbox = new URL(process.env.SUITE_SANDBOX);
const PATHS = { 'horizon-testnet.stellar.org': '', 'friendbot.stellar.org': '/friendbot' };

const request = https.request;
https.request = (...args) => {
  const [first, second] = args;
  const options =
    typeof first === 'string' || first instanceof URL ? { ...urlParts(first), ...second } : first;
  const host = options.hostname ?? options.host;
  if (!Object.hasOwn(PATHS, host)) return request(...args);
  const { agent: _agent, agents: _agents, ...rest } = options;
  return http.request(
    {
      ...rest,
      protocol: 'http:',
      host: sandbox.hostname,
      hostname: sandbox.hostname,
      port: sandbox.port,
      path: `${PATHS[host]}${options.path}`,
      headers: { ...options.headers, host: sandbox.host },
    },
    args.at(-1) instanceof Function ? args.at(-1) : undefined,
  );
};

function urlParts(given) {
  const { protocol, hostname, port, pathname, search } = new URL(given);
  return { protocol, hostname, port, path: `${pathname}${search}` };
}
