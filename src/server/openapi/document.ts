import { toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import type { Project } from '../../config/project.ts';
import type { Endpoint } from '../../seps/shared/endpoint.ts';
import type { SepModule } from '../../seps/shared/module.ts';
import { fault } from '../../seps/shared/shapes.ts';

const schemaOf = (shape: v.GenericSchema): object => {
  const { $schema: _, ...schema } = toJsonSchema(shape, { errorMode: 'ignore' }) as Record<string, unknown>;
  return schema;
};

const MEDIA = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  multipart: 'multipart/form-data',
} as const;

/** The OpenAPI 3.1 description of the SEPs that are switched on. */
export function openApiDocument(project: Project, seps: readonly SepModule[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const sep of seps) {
    for (const endpoint of sep.endpoints) {
      paths[endpoint.path] ??= {};
      (paths[endpoint.path] as Record<string, object>)[endpoint.method] = operation(sep, endpoint);
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: `${project.organization.name}: Stellar anchor`,
      version: '1',
      description: 'The Stellar Ecosystem Proposals (SEPs) that this anchor serves.',
    },
    servers: [{ url: project.hostUrl }],
    tags: seps.filter((sep) => sep.endpoints.length > 0).map(tagOf),
    paths,
    components: {
      securitySchemes: {
        sep10: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A token of POST /auth' },
      },
      schemas: { Fault: schemaOf(fault) },
    },
  };
}

const tagOf = (sep: SepModule) => ({ name: `SEP-${sep.id}`, description: sep.title });

function operation(sep: SepModule, endpoint: Endpoint): object {
  const { auth, summary, parameters } = endpoint;
  const all = Object.entries(parameters);
  const outside = all.filter(([, { in: place }]) => place !== 'body');
  const security = { required: [{ sep10: [] }], optional: [{}, { sep10: [] }], none: [] }[auth];
  return {
    tags: [tagOf(sep).name],
    summary,
    security,
    parameters: outside.map(([name, one]) => ({
      name,
      in: one.in,
      required: one.required === true,
      description: one.description,
      schema: { type: 'string' },
    })),
    ...requestBody(endpoint),
    responses: {
      ...Object.fromEntries(
        Object.entries(endpoint.answers).map(([status, shape]) => [status, answer(Number(status), shape)]),
      ),
      '4XX': faultAnswer('The request is wrong; nothing was changed.'),
      '5XX': faultAnswer('Something is wrong with us, or with what we depend on; try again.'),
    },
  };
}

function requestBody({ body, parameters }: Endpoint): object {
  if (body === undefined) return {};
  const inside = Object.entries(parameters).filter(([, { in: place }]) => place === 'body');
  const schema = {
    type: 'object',
    properties: Object.fromEntries(inside.map(([name, { description }]) => [name, { description }])),
    required: inside.flatMap(([name, { required }]) => (required ? [name] : [])),
  };
  return { requestBody: { content: Object.fromEntries(body.map((kind) => [MEDIA[kind], { schema }])) } };
}

const answer = (status: number, shape: v.GenericSchema): object =>
  status === 204
    ? { description: 'Done.' }
    : { description: 'Done.', content: { 'application/json': { schema: schemaOf(shape) } } };

const faultAnswer = (description: string): object => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Fault' } } },
});
