import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type Fields, pretty } from './json.ts';

/** Horizon's error documents (RFC 7807). Thrown as Hono's HTTPException so that any handler depth may end the request. */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail?: string;
  extras?: Fields;
}

const TYPES = 'https://stellar.org/horizon-errors/';

export function problemResponse(document: ProblemDocument): Response {
  const { extras, ...rest } = document;
  const body: Fields = { ...rest, type: TYPES + document.type };
  if (extras !== undefined) body['extras'] = extras;
  return new Response(pretty(body), {
    status: document.status,
    headers: { 'content-type': 'application/problem+json; charset=utf-8' },
  });
}

export function problem(document: ProblemDocument): HTTPException {
  return new HTTPException(document.status as ContentfulStatusCode, { res: problemResponse(document) });
}

const BAD_REQUEST = {
  type: 'bad_request',
  title: 'Bad Request',
  status: 400,
  detail: 'The request you sent was invalid in some way.',
};

export const invalidField = (field: string, reason: string): HTTPException =>
  problem({ ...BAD_REQUEST, extras: { invalid_field: field, reason } });

export const badRequest = (detail: string): HTTPException => problem({ ...BAD_REQUEST, detail });

export const NOT_FOUND: ProblemDocument = {
  type: 'not_found',
  title: 'Resource Missing',
  status: 404,
  detail:
    'The resource at the url requested was not found.  This usually occurs for one of two reasons:  The url requested is not ' +
    'valid, or no data in our database could be found with the parameters provided.',
};

export const missing = (): HTTPException => problem(NOT_FOUND);

export const NOT_ACCEPTABLE: ProblemDocument = {
  type: 'not_acceptable',
  title: 'An acceptable response content-type could not be provided for this request',
  status: 406,
};

export const BEFORE_HISTORY: ProblemDocument = {
  type: 'before_history',
  title: 'Data Requested Is Before Recorded History',
  status: 410,
  detail:
    "This horizon instance is configured to only track a portion of the stellar network's latest history. This request is " +
    'asking for results prior to the recorded history known to this horizon instance.',
};

export const UNSUPPORTED_MEDIA_TYPE: ProblemDocument = {
  type: 'unsupported_media_type',
  title: 'Unsupported Media Type',
  status: 415,
  detail:
    'The request has an unsupported content type. Presently, the only supported content type is application/x-www-form-urlencoded.',
};

export const TOO_LARGE: ProblemDocument = {
  type: 'payload_too_large',
  title: 'Payload Too Large',
  status: 413,
  detail: 'The body of the request is larger than any transaction can be.',
};

export const NOT_IMPLEMENTED: ProblemDocument = {
  type: 'not_implemented',
  title: 'Resource Not Yet Implemented',
  status: 404,
  detail:
    'While the requested URL is expected to eventually point to a valid resource, the work to implement the resource has not yet been completed.',
};

export const SERVER_ERROR: ProblemDocument = {
  type: 'server_error',
  title: 'Internal Server Error',
  status: 500,
  detail:
    'An error occurred while processing this request.  This is usually due to a bug within the server software.  Trying this ' +
    'request again may succeed if the bug is transient. Otherwise, please contact the system administrator.',
};
