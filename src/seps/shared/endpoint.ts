import type * as v from 'valibot';

export interface Parameter {
  /** `path`: a part of the address, `{name}` in it */
  in: 'query' | 'path' | 'body';
  required?: boolean;
  description: string;
}

/** An address of a SEP, as the OpenAPI document shows it and as answers are checked. */
export interface Endpoint {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** with `{id}` for parts that vary */
  path: string;
  summary: string;
  /** whether it needs a token of SEP-10 */
  auth: 'required' | 'optional' | 'none';
  parameters: Readonly<Record<string, Parameter>>;
  /** kinds of body that are read */
  body?: readonly ('json' | 'form' | 'multipart')[];
  /** what is answered, by status; other statuses carry `{error}` */
  answers: Readonly<Record<number, v.GenericSchema>>;
}

const parameter =
  (place: Parameter['in']) =>
  (description: string, required = false): Parameter => ({ in: place, required, description });

export const query = parameter('query');
export const body = parameter('body');
export const part = (description: string): Parameter => ({ in: 'path', required: true, description });
