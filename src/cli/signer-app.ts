import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { answerSignRequest, type SignerOptions } from '../payments/signers/server.ts';

const BODY_BYTES = 256_000;

/** The reference signer over HTTP: one route, POST /. Nothing that it knows is in its errors. */
export function signerApp(options: SignerOptions): Hono {
  const app = new Hono();
  const tooLarge = bodyLimit({
    maxSize: BODY_BYTES,
    onError: (c) => c.json({ error: 'The request is too large.' }, 413),
  });
  app.post('/', tooLarge, async (c) => {
    const header = c.req.header('x-anchor-signature') ?? null;
    const answer = await answerSignRequest(options, header, await c.req.text());
    return c.json(answer.body, answer.status);
  });
  app.notFound((c) => c.json({ error: 'There is only POST /.' }, 404));
  app.onError((error, c) => {
    const bad = AnchorError.is(error) && error.httpStatus < 500;
    options.ctx.log.error('signer_failed', { error: messageOf(error) });
    return c.json({ error: bad ? error.message : 'The signer failed; its log says why.' }, bad ? 400 : 500);
  });
  return app;
}
