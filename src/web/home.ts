import type { Context } from 'hono';
import type { AnchorContext } from '../transfers/context.ts';
import { htmlResponse } from './headers.ts';
import { messagesFor } from './messages/index.ts';
import { renderPage, safeUrl } from './render.ts';

interface Link {
  href: string;
  text: string;
  about: string;
}

/** GET /: who this is, where wallets find it and, off the public network, what to try next. */
export function homePage(ctx: AnchorContext, c: Context): Response {
  const { project } = ctx;
  const t = messagesFor(c.req.header('accept-language')?.slice(0, 35).split(',')[0]);
  const organization = project.organization.dba ?? project.organization.name;
  const trying = project.network.name !== 'public';
  const site = safeUrl(project.organization.url);
  const wallets: Link[] = [
    { href: '/.well-known/stellar.toml', text: t('home.toml'), about: t('home.tomlText') },
    ...(project.seps.includes(24)
      ? [{ href: '/sep24/info', text: t('home.info'), about: t('home.infoText') }]
      : []),
    ...(site === null ? [] : [{ href: site, text: t('home.site'), about: site }]),
  ];
  const tries: Link[] = [
    ...(project.network.name === 'sandbox'
      ? [{ href: '/demo-wallet', text: t('home.wallet'), about: t('home.walletText') }]
      : []),
    ...(project.integrations.testBank === undefined
      ? []
      : [{ href: '/bank', text: t('home.bank'), about: t('home.bankText') }]),
  ];
  const next = [
    { text: t('home.nextDeposit'), code: 'npx anchor wallet deposit 100' },
    { text: t('home.nextTransactions'), code: 'npx anchor tx list' },
    { text: t('home.nextDoctor'), code: 'npx anchor doctor' },
    { text: t('home.nextRails'), code: 'integrations.ts' },
    { text: t('home.nextForms'), code: 'forms/' },
    { text: t('home.nextPages'), code: 'pages/  public/' },
  ];
  const html = renderPage(ctx, 'home', {
    lang: t.lang,
    title: t(`home.network.${project.network.name}`),
    networkName: t(`home.network.${project.network.name}`),
    lead: project.organization.description ?? t('home.lead', { organization }),
    groups: [
      ...(tries.length > 0 ? [{ title: t('home.try'), links: tries }] : []),
      { title: t('home.wallets'), links: wallets },
    ],
    next: trying ? next : [],
  });
  return htmlResponse(html);
}
