import * as v from 'valibot';
import { body, type Endpoint, query } from '../shared/endpoint.ts';

export const endpoints: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/auth',
    summary: 'A challenge to sign',
    auth: 'none',
    parameters: {
      account: query('G… or M… of the user', true),
      memo: query('id of the user within a shared account'),
      home_domain: query('the domain that the user means to log in to'),
      client_domain: query('domain of the wallet, which it proves'),
    },
    answers: { 200: v.strictObject({ transaction: v.string(), network_passphrase: v.string() }) },
  },
  {
    method: 'post',
    path: '/auth',
    summary: 'A token for the signed challenge',
    auth: 'none',
    parameters: { transaction: body('the signed challenge, base64 XDR', true) },
    body: ['json', 'form'],
    answers: { 200: v.strictObject({ token: v.string() }) },
  },
];
