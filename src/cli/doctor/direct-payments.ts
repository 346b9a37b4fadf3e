import { type Finding, fail, ok, warn } from './check.ts';

type Browse = (url: string, init?: RequestInit) => Promise<Response>;

/** SEP-31 as a sending anchor meets it: what is taken, and that nothing goes without a login (S31-01, S31-03 to S31-06). */
export async function checkDirectPayments(browse: Browse, toml: Record<string, unknown>): Promise<Finding[]> {
  const server = toml['DIRECT_PAYMENT_SERVER'];
  if (typeof server !== 'string') return [ok('sep31', 'not offered')];
  const answer = await browse(`${server}/info`);
  const body = (await answer.json()) as { receive?: Record<string, { funding_methods?: unknown }> };
  if (answer.status !== 200 || typeof body.receive !== 'object' || body.receive === null) {
    return [fail('sep31', `${server}/info answers ${answer.status} and lacks receive.`)];
  }
  const assets = Object.keys(body.receive);
  const bare = Object.entries(body.receive).filter(
    ([, { funding_methods: methods }]) => !Array.isArray(methods) || methods.length === 0,
  );
  const open = await browse(`${server}/transactions`, { method: 'POST', body: '{}' });
  return [
    assets.length === 0
      ? warn('sep31', 'It takes no asset. For one: anchor assets set CODE --seps 31')
      : ok('sep31', `${server}: ${assets.join(', ')}`),
    ...(bare.length === 0
      ? []
      : [
          warn(
            'sep31_methods',
            'An asset has no funding_methods. For one: sep31.funding_methods in anchor.toml',
          ),
        ]),
    open.status === 403
      ? ok('sep31_auth')
      : fail('sep31_auth', `${server}/transactions answers ${open.status} without a token, not 403.`),
  ];
}
