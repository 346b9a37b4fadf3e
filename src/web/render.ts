import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { assetUrl } from './assets.ts';
import { messagesFor, type Translate } from './messages/index.ts';
import { packageRoot } from './package-root.ts';

/** What a page is given. Everything it prints with `<%= %>` is escaped. */
export interface PageData {
  /** language tag of the person reading; default `en` */
  lang?: string;
  /** heading of the browser's tab */
  title?: string;
  /** further scripts by file name below `/static/`, e.g. `status.js` */
  scripts?: readonly string[];
  /** seconds after which the page loads itself anew where there is no JavaScript */
  refreshSeconds?: number | undefined;
  /** a page broader than a phone: consoles, tables */
  wide?: boolean;
  [name: string]: unknown;
}

type Compiled = (locals: Record<string, unknown>) => string;

const NAME = /^[a-z0-9][a-z0-9-]*(?:\/[a-z0-9][a-z0-9-]*)*$/;
const compiled = new Map<string, { modified: number; size: number; run: Compiled }>();

/** `<project>/pages/NAME.ejs` if there is one, else ours. @throws TEMPLATE_MISSING */
function load(ctx: AnchorContext, name: string): Compiled {
  if (NAME.test(name)) {
    for (const folder of [join(ctx.project.root, 'pages'), join(packageRoot(), 'templates', 'pages')]) {
      const path = join(folder, `${name}.ejs`);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat?.isFile()) return compileFile(path, stat.mtimeMs, stat.size);
    }
  }
  throw new AnchorError({
    code: 'TEMPLATE_MISSING',
    message: `There is no page template named ${JSON.stringify(name.slice(0, 100))}.`,
    hint: 'Templates are pages/NAME.ejs in the project; names are lower-case letters, digits and hyphens.',
  });
}

function compileFile(path: string, modified: number, size: number): Compiled {
  const known = compiled.get(path);
  if (known?.modified === modified && known.size === size) return known.run;
  try {
    const run = ejs.compile(readFileSync(path, 'utf8'), { filename: path }) as Compiled;
    compiled.set(path, { modified, size, run });
    return run;
  } catch (error) {
    throw templateError(path, error);
  }
}

function templateError(path: string, error: unknown): AnchorError {
  return new AnchorError({
    code: 'TEMPLATE_INVALID',
    message: messageOf(error),
    hint: `Correct the template ${path}.`,
    cause: error,
  });
}

/** An address that is safe in `href` and `src`: http(s), or a path of our own. */
export function safeUrl(text: unknown): string | null {
  if (typeof text !== 'string') return null;
  if (/^\/(?![/\\])[^\s\\]*$/.test(text)) return text;
  try {
    const url = new URL(text);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
  } catch {
    return null;
  }
}

/** The logo of anchor.toml: an https address, or a file of `public/` written `/logo.svg`. */
function logoUrl(ctx: AnchorContext): string | null {
  const url = safeUrl(ctx.project.branding.logo);
  return url?.startsWith('/') ? assetUrl(ctx, url.replace(/^\/(?:public\/|static\/)?/, '')) : url;
}

function localsFor(ctx: AnchorContext, data: PageData, t: Translate): Record<string, unknown> {
  const { organization, network, hostUrl } = ctx.project;
  const locals: Record<string, unknown> = {
    title: organization.dba ?? organization.name,
    scripts: [],
    refreshSeconds: undefined,
    wide: false,
    organization,
    organizationName: organization.dba ?? organization.name,
    logo: logoUrl(ctx),
    network: network.name,
    hostUrl,
    safeUrl,
    asset: (file: string) => assetUrl(ctx, file),
    ...data,
    lang: t.lang,
    t,
  };
  const include = (name: string, more: Record<string, unknown> = {}): string =>
    run(ctx, name, { ...locals, ...more });
  locals['include'] = include;
  return locals;
}

function run(ctx: AnchorContext, name: string, locals: Record<string, unknown>): string {
  const template = load(ctx, name);
  try {
    return template(locals);
  } catch (error) {
    throw AnchorError.is(error) ? error : templateError(`pages/${name}.ejs`, error);
  }
}

/**
 * Renders `templates/pages/NAME.ejs` inside `layout.ejs`; the project's `pages/` wins for each file, partials included.
 * A template sees `data`, and besides: `t(key, values)` for texts, `lang`, `organization`, `organizationName`, `logo`,
 * `network`, `hostUrl`, `asset(file)` for static files, `safeUrl(text)`, `include(name, more)` for partials.
 *
 * @throws TEMPLATE_MISSING, TEMPLATE_INVALID
 */
export function renderPage(ctx: AnchorContext, template: string, data: PageData = {}): string {
  const locals = localsFor(ctx, data, messagesFor(data.lang));
  return run(ctx, 'layout', { ...locals, body: run(ctx, template, locals) });
}
