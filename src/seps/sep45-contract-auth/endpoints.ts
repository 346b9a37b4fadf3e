import * as v from 'valibot';
import { body, type Endpoint, query } from '../shared/endpoint.ts';
import { PATH } from './path.ts';

export const endpoints: readonly Endpoint[] = [
  {
    method: 'get',
    path: PATH,
    summary: 'A challenge for a contract account to authorize',
    auth: 'none',
    parameters: {
      account: query('C… of the user', true),
      home_domain: query('the domain that the user means to log in to'),
      client_domain: query('domain of the wallet, which it proves'),
    },
    answers: { 200: v.strictObject({ authorization_entries: v.string(), network_passphrase: v.string() }) },
  },
  {
    method: 'post',
    path: PATH,
    summary: 'A token for the authorized challenge',
    auth: 'none',
    parameters: { authorization_entries: body('the signed entries, base64 XDR of the array', true) },
    body: ['json', 'form'],
    answers: { 200: v.strictObject({ token: v.string() }) },
  },
];
