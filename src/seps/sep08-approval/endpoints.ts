import * as v from 'valibot';
import { body, type Endpoint, part } from '../shared/endpoint.ts';

const message = v.string();

export const endpoints: readonly Endpoint[] = [
  {
    method: 'post',
    path: '/sep8/approve/{code}',
    summary: 'Has a transaction with a regulated asset approved',
    auth: 'none',
    parameters: {
      code: part('code of the asset'),
      tx: body('the envelope, signed by its sender: XDR, base64', true),
    },
    body: ['json', 'form'],
    answers: {
      200: v.variant('status', [
        v.strictObject({ status: v.literal('success'), tx: v.string(), message: v.optional(message) }),
        v.strictObject({ status: v.literal('revised'), tx: v.string(), message }),
        v.strictObject({ status: v.literal('pending'), timeout: v.number(), message: v.optional(message) }),
        v.strictObject({
          status: v.literal('action_required'),
          message,
          action_url: v.string(),
          action_method: v.optional(v.picklist(['GET', 'POST'])),
          action_fields: v.optional(v.array(v.string())),
        }),
      ]),
      400: v.strictObject({ status: v.literal('rejected'), error: v.string() }),
    },
  },
];
