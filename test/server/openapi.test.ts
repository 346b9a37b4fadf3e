import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { systemIds } from '../../src/kernel/ids.ts';
import { createApp } from '../../src/server/app.ts';
import { checkAnswers } from '../../src/server/openapi/index.ts';
import { activeSeps } from '../../src/server/seps.ts';
import { randomSeed } from '../../src/stellar/keys.ts';
import { useTestAnchor } from '../support/anchor.ts';

describe('the OpenAPI document', () => {
  const anchor = useTestAnchor();
  const withSeps = () => {
    const { project } = anchor.ctx;
    const secrets = { ...project.secrets, signingSeed: randomSeed(systemIds) };
    return { ...anchor.ctx, project: { ...project, secrets, seps: [1, 6, 10, 12, 24, 31, 38] as const } };
  };

  it('is served, and describes each route of each SEP, and nothing that is not there', async () => {
    const ctx = withSeps();
    const answer = await createApp(ctx).request('http://localhost:8000/openapi.json');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    const document = (await answer.json()) as {
      openapi: string;
      paths: Record<string, Record<string, unknown>>;
    };
    expect(document.openapi).toBe('3.1.0');
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const routed = activeSeps(ctx.project)
      .flatMap((sep) => sep.routes(ctx).routes)
      .filter(
        ({ method, path }) =>
          method !== 'ALL' && method !== 'OPTIONS' && path.startsWith('/') && !path.includes('*'),
      )
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)(?:\{[^}]*\})?/g, '{$1}')}`)
      .filter((route) => !route.includes('.well-known'));
    expect([...new Set(described)].sort()).toEqual([...new Set(routed)].sort());
  });

  it('gives each answer a schema, and refers to nothing that is missing', async () => {
    const answer = await createApp(withSeps()).request('http://localhost:8000/openapi.json');
    const text = await answer.text();
    const document = JSON.parse(text) as { components: { schemas: object }; paths: object };
    for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
      expect(Object.keys(document.components.schemas)).toContain(name);
    }
    expect(text).not.toContain('"$schema"');
    expect(Object.keys(document.paths).length).toBeGreaterThan(25);
  });
});

describe('answers of ours', () => {
  it('that have not the shape of their SEP are told, and go out as they are', async () => {
    const faults: string[] = [];
    const endpoints = activeSeps({ seps: [1, 10, 24] } as never).flatMap((sep) => sep.endpoints);
    const app = new Hono();
    app.use(checkAnswers(endpoints, ({ issue }) => faults.push(issue)));
    app.get('/sep24/transaction', (c) => c.json({ transaction: { id: 7 } }));
    app.get('/sep24/info', (c) => c.json({ error: 'no' }, 503));
    expect(await (await app.request('/sep24/transaction')).json()).toEqual({ transaction: { id: 7 } });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^transaction\./);
    await app.request('/sep24/info');
    expect(faults).toHaveLength(1);
  });
});
