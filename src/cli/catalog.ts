import type { Command } from './command.ts';

/** One command as data: help is printed from it, the parser is built from it, its code is loaded when it is called. */
export interface CommandEntry {
  /** words after `anchor`, e.g. `assets set` */
  name: string;
  /** positional arguments as printed: `CODE`, `[URL]` */
  args: readonly string[];
  summary: string;
  /** [flags, what it does] */
  options: readonly (readonly [flags: string, text: string])[];
  /** flags that must be given */
  required?: readonly string[];
  examples: readonly string[];
  notes?: readonly string[];
  load(): Promise<{ default: Command }>;
}

/** Ids of the jobs, so that a wrong name is refused before anything is loaded; a test holds it equal to the jobs' own list. */
export const JOB_IDS = [
  'poll-deposits',
  'submit-payments',
  'watch-payments',
  'execute-payouts',
  'poll-payouts',
  'follow-sends',
  'deliver-callbacks',
  'review-customers',
  'expire-transactions',
  'reconcile',
] as const;

const PORT = ['--port <number>', 'HTTP port (default: PORT, else 8000)'] as const;
const TIMEOUT = ['--timeout <seconds>', 'give up waiting after this long (default 60)'] as const;
const WALLET = [
  TIMEOUT,
  ['--home <url>', 'the anchor to use (default: this project)'],
  ['--sep <6|24>', 'by which SEP (default: 24 where there is one)'],
] as const;

const KIND = ['--kind <payment|credit>', 'where an id is both a payment and a bank credit'] as const;
const WHY = [
  ['--reason <text>', 'why; kept in the history'],
  ['--by <name>', 'who decides (default: USER)'],
] as const;
const CUSTOMER_TYPE = [
  '--type <type>',
  'the type that it is about (default: the last one asked about)',
] as const;
const OPERATION = '4294967298';
const TRANSACTION = '6c1a2b1e-3c55-4f4e-8a46-0d3f0a1f7f10';
const NOTE_ASSET_POLICY = 'What happens by itself says the policy of the asset: anchor assets set --help';

const SECRETS_NOTE =
  'The distribution secret comes from DISTRIBUTION_SEED (environment, .env), standard input or a hidden prompt, never an argument.';

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'dev',
    args: [],
    summary: 'server, all jobs, sandbox and demo wallet, restarted on every change',
    options: [PORT],
    examples: ['anchor dev'],
    load: () => import('./commands/dev.ts'),
  },
  {
    name: 'serve',
    args: [],
    summary: 'the HTTP server; on network sandbox it also hosts the sandbox',
    options: [PORT, ['--with-jobs', 'run every job in this process too']],
    examples: ['anchor serve --port 8000', 'anchor serve --with-jobs'],
    load: () => import('./commands/serve.ts'),
  },
  {
    name: 'run',
    args: ['JOB'],
    summary: 'a background job, once or in a loop; `all` is every job',
    options: [
      ['--loop', 'go on until stopped'],
      ['--interval <seconds>', 'pause between two passes'],
      ['--timeout <seconds>', 'for one pass: longest wait until all that was sent is settled (default 60)'],
    ],
    examples: [
      'anchor run poll-deposits --loop',
      'anchor run all --loop',
      'anchor run watch-payments --timeout 30',
    ],
    notes: [`Jobs: ${JOB_IDS.join(', ')}, all.`],
    load: () => import('./commands/run.ts'),
  },
  {
    name: 'add-asset',
    args: ['CODE'],
    summary: 'register an asset that exists on the network',
    options: [
      ['--issuer <account>', 'its issuer, G...; not for native (XLM)'],
      [
        '--distribution <account>',
        'a distribution account whose keys are kept elsewhere (signer, co-signers)',
      ],
    ],
    examples: ['anchor add-asset SRT --issuer GCDNJUBQSX7AJWLJACMJ7I4BC3Z47BQUTMHEICZLE6MU4KQBRYG5JY6B'],
    notes: [SECRETS_NOTE],
    load: () => import('./commands/add-asset.ts'),
  },
  {
    name: 'issue-asset',
    args: ['CODE'],
    summary: 'issue an asset of our own, on sandbox or testnet',
    options: [
      ['--supply <amount>', 'what the distribution account holds at least (default 1000000)'],
      ['--clawback', 'issue with clawback (sets revocable and clawback on the issuer)'],
    ],
    examples: ['anchor issue-asset ABC', 'anchor issue-asset ABC --supply 5000'],
    load: () => import('./commands/issue-asset.ts'),
  },
  {
    name: 'assets',
    args: [],
    summary: 'list the assets with their limits and fees',
    options: [],
    examples: ['anchor assets', 'anchor assets --json'],
    load: () => import('./commands/assets.ts'),
  },
  {
    name: 'assets set',
    args: ['CODE'],
    summary: 'change limits, fees and SEPs of an asset',
    options: [
      ['--issuer <account>', 'where two assets share a code'],
      ['--deposit <on|off>', 'take deposits'],
      ['--deposit-min <amount>', 'smallest deposit, or none'],
      ['--deposit-max <amount>', 'largest deposit, or none'],
      ['--deposit-fee-fixed <amount>', 'fixed part of the deposit fee'],
      ['--deposit-fee-percent <percent>', 'part in percent of the deposit fee'],
      ['--deposit-fee-minimum <amount>', 'smallest deposit fee, or none'],
      ['--withdrawal <on|off>', 'take withdrawals'],
      ['--withdrawal-min <amount>', 'smallest withdrawal, or none'],
      ['--withdrawal-max <amount>', 'largest withdrawal, or none'],
      ['--withdrawal-fee-fixed <amount>', 'fixed part of the withdrawal fee'],
      ['--withdrawal-fee-percent <percent>', 'part in percent of the withdrawal fee'],
      ['--withdrawal-fee-minimum <amount>', 'smallest withdrawal fee, or none'],
      [
        '--tolerance <percent>',
        'how far money may be from the announced amount and still be taken (default 10)',
      ],
      [
        '--wrong-amount <wait|end>',
        'beyond that: wait for the right amount, or end as too_small or too_large',
      ],
      ['--accept-late <on|off>', 'money for an expired transaction revives it'],
      [
        '--refund-after <hours|hold>',
        'send back what fits nothing after so many hours, or leave it to an operator',
      ],
      ['--refund-min <amount>', 'smaller payments are not sent back by themselves'],
      ['--seps <list>', 'SEPs that offer it, e.g. 24 or 6,24'],
      ['--decimals <number>', 'decimals that users may enter, 0 to 7'],
      ['--anchored <asset>', 'what backs it, e.g. iso4217:USD, or none'],
      ['--description <text>', 'a line about it for stellar.toml'],
      ['--missing-account <create|claimable|wait>', 'deposit to an account that does not exist, or default'],
      ['--starting-balance <amount>', 'XLM for an account that is created, or none: as anchor.toml'],
      ['--missing-trustline <claimable|wait>', 'deposit to an account without a trustline, or default'],
      ['--reclaim-days <number>', 'when we may take back what was not claimed; 0: never (default 90)'],
      ['--payment-max <amount>', 'largest payment that is signed, or none'],
      ['--payment-day <amount>', 'most that is signed per day (UTC), or none'],
    ],
    examples: ['anchor assets set SRT --deposit-min 10 --deposit-max 5000 --deposit-fee-fixed 1'],
    load: () => import('./commands/assets-set.ts'),
  },
  {
    name: 'setup',
    args: [],
    summary: 'make what is missing: keys, tables, accounts, asset, trustline, home domain, channels',
    options: [
      [
        '--channels <number>',
        'channel accounts there are to be in all, for more payments per ledger (0 to 1000)',
      ],
      ['--sponsor', 'the distribution account sponsors the reserves of the channels made now'],
    ],
    examples: ['anchor setup', 'anchor setup --channels 10'],
    notes: ['Safe to repeat. After a failure, run it again: it goes on where it stopped.'],
    load: () => import('./commands/setup.ts'),
  },
  {
    name: 'migrate',
    args: [],
    summary: 'bring the tables of the database up to date',
    options: [['--status', 'only say which migrations are missing']],
    examples: ['anchor migrate', 'anchor migrate --status'],
    load: () => import('./commands/migrate.ts'),
  },
  {
    name: 'customers list',
    args: [],
    summary: 'customers and where they stand, the newest change first',
    options: [
      ['--status <ACCEPTED|PROCESSING|NEEDS_INFO|REJECTED>', 'only these; PROCESSING wait for a decision'],
      ['--type <type>', 'sep6, sep31-sender, sep31-receiver, or one of your own'],
      ['--account <account>', 'only those of this Stellar account, G... or C...'],
      ['--limit <number>', 'at most so many (default 100)'],
    ],
    examples: ['anchor customers list --status PROCESSING', 'anchor customers list --json'],
    load: () => import('./commands/customers-list.ts'),
  },
  {
    name: 'customers show',
    args: ['ID'],
    summary: 'all that is known of a customer, and what happened',
    options: [],
    examples: [`anchor customers show ${TRANSACTION}`],
    load: () => import('./commands/customers-show.ts'),
  },
  {
    name: 'customers file',
    args: ['ID', 'FIELD'],
    summary: "write a customer's file, decrypted, to this folder",
    options: [
      ['--output <file>', 'where to (default: made of id and field); an existing file is not replaced'],
    ],
    examples: [`anchor customers file ${TRANSACTION} photo_id_front`],
    load: () => import('./commands/customers-file.ts'),
  },
  {
    name: 'customers accept',
    args: ['ID'],
    summary: 'accept a customer who has given everything',
    options: [CUSTOMER_TYPE, ...WHY],
    required: ['--reason'],
    examples: [`anchor customers accept ${TRANSACTION} --reason "papers checked"`],
    load: () => import('./commands/customers-accept.ts'),
  },
  {
    name: 'customers reject',
    args: ['ID'],
    summary: 'reject a customer for good; what waits for them ends or is held',
    options: [CUSTOMER_TYPE, ...WHY, ['--message <text>', 'what the customer is told']],
    required: ['--reason'],
    examples: [
      `anchor customers reject ${TRANSACTION} --reason "on the list" --message "We cannot serve you."`,
    ],
    load: () => import('./commands/customers-reject.ts'),
  },
  {
    name: 'customers ask',
    args: ['ID', 'FIELD...'],
    summary: 'ask a customer for fields, or for better ones than they gave',
    options: [CUSTOMER_TYPE, ...WHY, ['--message <text>', 'what is wrong, for the customer']],
    required: ['--reason'],
    examples: [
      `anchor customers ask ${TRANSACTION} photo_id_front --reason blurred --message "The picture is blurred."`,
    ],
    load: () => import('./commands/customers-ask.ts'),
  },
  {
    name: 'customers reopen',
    args: ['ID'],
    summary: 'take a decision back and look at the customer anew',
    options: [CUSTOMER_TYPE, ...WHY],
    required: ['--reason'],
    examples: [`anchor customers reopen ${TRANSACTION} --reason "new papers"`],
    load: () => import('./commands/customers-reopen.ts'),
  },
  {
    name: 'customers erase',
    args: ['ID'],
    summary: 'erase a customer: values, files and their key, for good',
    options: WHY,
    required: ['--reason'],
    examples: [`anchor customers erase ${TRANSACTION} --reason "asked by letter"`],
    load: () => import('./commands/customers-erase.ts'),
  },
  {
    name: 'tx list',
    args: [],
    summary: 'list transactions, newest first',
    options: [
      ['--status <status>', 'only in this status'],
      ['--kind <deposit|withdrawal>', 'only of this kind'],
      ['--asset <code>', 'only of this asset'],
      ['--account <account>', 'only of this Stellar account'],
      ['--limit <number>', 'how many (default 20, at most 200)'],
      ['--after <cursor>', 'go on after the `next` of the last list'],
    ],
    examples: ['anchor tx list --status pending_anchor', 'anchor tx list --kind deposit --limit 5 --json'],
    load: () => import('./commands/tx-list.ts'),
  },
  {
    name: 'tx show',
    args: ['ID'],
    summary: 'one transaction: timeline, what is owed, what it waits for and why',
    options: [],
    examples: ['anchor tx show 6c1a2b1e-3c55-4f4e-8a46-0d3f0a1f7f10'],
    load: () => import('./commands/tx-show.ts'),
  },
  {
    name: 'tx match',
    args: ['ID', 'MONEY'],
    summary: 'take money in suspense for this transaction after all',
    options: [...WHY, KIND],
    required: ['--reason'],
    examples: [`anchor tx match ${TRANSACTION} ${OPERATION} --reason "forgot the memo"`],
    load: () => import('./commands/tx-match.ts'),
  },
  {
    name: 'tx refund',
    args: ['ID'],
    summary: 'send back all that came in, in place of paying it out',
    options: [
      ...WHY,
      ['--not-paid', 'the bank did not make the payout that it left unclear, and never will'],
    ],
    required: ['--reason'],
    examples: [`anchor tx refund ${TRANSACTION} --reason "asked for by the user"`],
    load: () => import('./commands/tx-refund.ts'),
  },
  {
    name: 'tx payout',
    args: ['ID'],
    summary: 'settle a payout through the bank that is held, after asking the bank',
    options: [
      ...WHY,
      ['--paid', 'the bank has paid it'],
      ['--bank-id <id>', "with --paid: the bank's own id of the payment"],
      ['--again', 'the bank has not paid it and never will under that key: order it anew'],
    ],
    required: ['--reason'],
    examples: [
      `anchor tx payout ${TRANSACTION} --paid --reason "seen on the statement"`,
      `anchor tx payout ${TRANSACTION} --again --reason "account number corrected"`,
    ],
    load: () => import('./commands/tx-payout.ts'),
  },
  {
    name: 'returns list',
    args: [],
    summary: 'money that the bank took or brought back, and messages of the bank that nobody understood',
    options: [['--limit <number>', 'at most so many (default 100)']],
    examples: ['anchor returns list', 'anchor returns list --json'],
    load: () => import('./commands/returns-list.ts'),
  },
  {
    name: 'returns resolve',
    args: ['ID'],
    summary: 'say that a return has been dealt with',
    options: WHY,
    required: ['--reason'],
    examples: ['anchor returns resolve R-4711 --reason "paid by hand on Monday"'],
    load: () => import('./commands/returns-resolve.ts'),
  },
  {
    name: 'tx hold',
    args: ['ID'],
    summary: 'keep its payments back until it is released',
    options: WHY,
    required: ['--reason'],
    examples: [`anchor tx hold ${TRANSACTION} --reason "compliance review"`],
    load: () => import('./commands/tx-hold.ts'),
  },
  {
    name: 'tx ask-info',
    args: ['ID', 'FIELD...'],
    summary: 'ask the wallet for data of this transaction anew; it waits until they come',
    options: [...WHY, ['--message <text>', "why, for the user (default: one in the user's language)"]],
    required: ['--reason'],
    examples: [
      `anchor tx ask-info ${TRANSACTION} bank_account_number --reason "rejected by the bank"`,
      `anchor tx ask-info ${TRANSACTION} "dest=The number of your account" --reason "wrong digit" --message "Please check it."`,
    ],
    notes: ['A field is a name, or name=description. SEP-6 and SEP-31 ask the wallet; SEP-24 has no way to.'],
    load: () => import('./commands/tx-ask-info.ts'),
  },
  {
    name: 'tx release',
    args: ['ID'],
    summary: 'let it go on, and with it Stellar payments that the engine held',
    options: WHY,
    required: ['--reason'],
    examples: [`anchor tx release ${TRANSACTION} --reason "review passed"`],
    load: () => import('./commands/tx-release.ts'),
  },
  {
    name: 'suspense list',
    args: [],
    summary: 'money that came in and fits no transaction, newest first',
    options: [
      ['--state <state>', 'open, held, refunding or refunded (default: all but refunded)'],
      ['--reason <reason>', 'e.g. no_memo, too_small, duplicate'],
      ['--kind <payment|credit>', 'only Stellar payments, or only bank credits'],
      ['--limit <number>', 'how many (default 20, at most 200)'],
      ['--after <cursor>', 'go on after the `next` of the last list'],
    ],
    examples: ['anchor suspense list', 'anchor suspense list --reason no_memo --json'],
    load: () => import('./commands/suspense-list.ts'),
  },
  {
    name: 'suspense show',
    args: ['ID'],
    summary: 'one of them: why it lies there, when it goes back, what was decided',
    options: [KIND],
    examples: [`anchor suspense show ${OPERATION}`],
    load: () => import('./commands/suspense-show.ts'),
  },
  {
    name: 'suspense match',
    args: ['ID', 'TRANSACTION'],
    summary: 'take it for a transaction after all; amounts and fee are computed anew',
    options: [...WHY, KIND],
    required: ['--reason'],
    examples: [`anchor suspense match ${OPERATION} ${TRANSACTION} --reason "forgot the memo"`],
    load: () => import('./commands/suspense-match.ts'),
  },
  {
    name: 'suspense refund',
    args: ['ID'],
    summary: 'send it back to who sent it',
    options: [...WHY, ['--asset <code>', 'for which asset a bank credit came that names no deposit'], KIND],
    required: ['--reason'],
    examples: [`anchor suspense refund ${OPERATION} --reason "no such customer"`],
    notes: [NOTE_ASSET_POLICY],
    load: () => import('./commands/suspense-refund.ts'),
  },
  {
    name: 'suspense hold',
    args: ['ID'],
    summary: 'keep it, whatever the policy says; calls off a refund that is not under way',
    options: [...WHY, KIND],
    required: ['--reason'],
    examples: [`anchor suspense hold ${OPERATION} --reason "asking the customer"`],
    notes: [NOTE_ASSET_POLICY],
    load: () => import('./commands/suspense-hold.ts'),
  },
  {
    name: 'suspense release',
    args: ['ID'],
    summary: 'leave it to the policy again; a refund that the engine held goes again',
    options: [...WHY, KIND],
    required: ['--reason'],
    examples: [`anchor suspense release ${OPERATION} --reason "customer does not answer"`],
    notes: [NOTE_ASSET_POLICY],
    load: () => import('./commands/suspense-release.ts'),
  },
  {
    name: 'suspense payout',
    args: ['ID'],
    summary: 'settle its held refund, after asking the bank or paying by hand',
    options: [
      ...WHY,
      ['--paid', 'the bank has paid it'],
      ['--bank-id <id>', "with --paid: the bank's own id of the payment"],
      ['--again', 'the bank has not paid it and never will under that key: order it anew'],
      KIND,
    ],
    required: ['--reason'],
    examples: [`anchor suspense payout C-4711 --paid --reason "sent back by hand on Monday"`],
    load: () => import('./commands/suspense-payout.ts'),
  },
  {
    name: 'suspense keep',
    args: ['ID'],
    summary: 'book a Stellar payment as our own, e.g. XLM for fees',
    options: [...WHY, KIND],
    required: ['--reason'],
    examples: [`anchor suspense keep ${OPERATION} --reason "XLM for fees"`],
    load: () => import('./commands/suspense-keep.ts'),
  },
  {
    name: 'tx sign',
    args: ['[ID]'],
    summary: 'what waits for co-signers; print one to sign elsewhere, or add a signature to it',
    options: [
      ['--stdin', 'add what comes on standard input, however long it takes'],
      ['--ask', 'ask for a secret key (hidden) and sign with it'],
    ],
    examples: ['anchor tx sign', 'anchor tx sign ID > unsigned.xdr', 'anchor tx sign ID < signed.xdr'],
    notes: [
      'ID: of a transaction, its bank reference, or the hash of an envelope; without one, all that wait are listed.',
      'Given is the signed transaction as base64 XDR, a line `G... BASE64_SIGNATURE`, or a secret key: by standard input, COSIGNER_SEED or a hidden prompt, never as an argument.',
    ],
    load: () => import('./commands/tx-sign.ts'),
  },
  {
    name: 'signer',
    args: [],
    summary: 'hold keys in a process of its own and sign over HTTP what is owed (reference signer)',
    options: [
      ['--port <number>', 'where it listens (default 8100)'],
      ['--host <address>', 'address to listen on (default 127.0.0.1)'],
    ],
    examples: ['SIGNER_SECRET=... anchor signer --port 8100 < seeds'],
    notes: [
      'Secret keys come from SIGNER_SEEDS, standard input (one a line) or a hidden prompt. The anchor asks by SIGNER_URL and SIGNER_SECRET.',
    ],
    load: () => import('./commands/signer.ts'),
  },
  {
    name: 'send start',
    args: ['AMOUNT', 'ASSET'],
    summary: 'send a payment from our bank through another anchor (SEP-31)',
    options: [
      ['--to <url>', "where the other anchor's stellar.toml is"],
      ['--key <text>', 'our own: the same key is the same payment, and is never sent twice'],
      ['--sender <file>', 'JSON of SEP-9 fields of who pays; `id` is our own id of the person'],
      ['--receiver <file>', 'the same of who is to be paid'],
      ['--fields <file>', "JSON of fields of the payment that the other anchor's /info names"],
      ['--funding-method <name>', "how the receiver is paid, of the other anchor's /info"],
      ['--destination-asset <id>', 'what the receiver is to get, e.g. iso4217:BRL; with a firm quote'],
      ['--no-quote', 'with --destination-asset: at the price of the moment'],
      ['--wait', 'wait for the end; exit 0 only when it is completed'],
      TIMEOUT,
    ],
    required: ['--to', '--key'],
    examples: [
      'anchor send start 100 SRT --to https://a.example.com --key order-1 --sender ada.json --receiver bob.json',
    ],
    notes: [
      'It prints the reference for the bank. The jobs do the rest; nothing is sent before that money is here.',
    ],
    load: () => import('./commands/send-start.ts'),
  },
  {
    name: 'send list',
    args: [],
    summary: 'payments through other anchors, newest first',
    options: [
      ['--open', 'only those under way'],
      ['--limit <number>', 'at most so many (default 20)'],
    ],
    examples: ['anchor send list --open'],
    load: () => import('./commands/send-list.ts'),
  },
  {
    name: 'send show',
    args: ['ID'],
    summary: 'one of them: where it is, what it waits for, what happened',
    options: [],
    examples: ['anchor send show order-4711', `anchor send show ${TRANSACTION} --json`],
    load: () => import('./commands/send-show.ts'),
  },
  {
    name: 'send update',
    args: ['ID'],
    summary: 'tell the other anchor more of the persons or the payment, where it asks',
    options: [
      ['--sender <file>', 'JSON of SEP-9 fields'],
      ['--receiver <file>', 'JSON of SEP-9 fields'],
      ['--fields <file>', 'JSON of fields of the payment'],
    ],
    examples: ['anchor send update order-4711 --receiver bob.json'],
    load: () => import('./commands/send-update.ts'),
  },
  {
    name: 'wallet deposit',
    args: ['AMOUNT', 'ASSET'],
    summary: 'deposit through the real protocol, as a wallet does',
    options: WALLET,
    examples: ['anchor wallet deposit 100 SRT', 'anchor wallet deposit 100 SRT --sep 6'],
    load: () => import('./commands/wallet-deposit.ts'),
  },
  {
    name: 'wallet withdraw',
    args: ['AMOUNT', 'ASSET'],
    summary: 'withdraw through the real protocol, as a wallet does',
    options: WALLET,
    examples: ['anchor wallet withdraw 50 SRT'],
    load: () => import('./commands/wallet-withdraw.ts'),
  },
  {
    name: 'wallet balances',
    args: [],
    summary: 'what the wallet holds on Stellar',
    options: [['--home <url>', 'the anchor to use (default: this project)']],
    examples: ['anchor wallet balances', 'anchor wallet balances --json'],
    load: () => import('./commands/wallet-balances.ts'),
  },
  {
    name: 'callbacks list',
    args: [],
    summary: 'what wallets are told, and what they answered',
    options: [
      ['--state <waiting|delivered|failed>', 'only those; failed: given up'],
      ['--transaction <id>', 'only those of a transaction'],
      ['--limit <number>', 'how many, newest first (default 20)'],
    ],
    examples: ['anchor callbacks list --state failed'],
    load: () => import('./commands/callbacks-list.ts'),
  },
  {
    name: 'callbacks replay',
    args: ['[ID]'],
    summary: 'send callbacks again, with the same words',
    options: [
      ['--transaction <id>', 'all of a transaction, in their order'],
      ['--failed', 'all that were given up'],
    ],
    examples: ['anchor callbacks replay 42', 'anchor callbacks replay --failed'],
    load: () => import('./commands/callbacks-replay.ts'),
  },
  {
    name: 'sandbox',
    args: [],
    summary: 'the sandbox network alone, also outside of any project',
    options: [
      ['--port <number>', 'port of Horizon, friendbot and the controls (default 8001; 0 takes a free one)'],
      ['--passphrase <text>', 'network passphrase'],
      ['--close <seconds|manual>', 'seconds between two ledgers, or manual (default 1)'],
      ['--seed <text>', 'where all of its randomness comes from'],
      ['--state <file|memory>', 'where its state lives (default memory)'],
      ['--reset', 'begin with an empty ledger'],
      ['--ready-file <file>', 'written once it listens: a JSON document with its URLs'],
      ['--protocol <number>', 'protocol version'],
      ['--base-fee <stroops>', 'least fee per operation'],
      ['--base-reserve <stroops>', 'reserve per ledger entry'],
      ['--operations-per-ledger <number>', 'operations that fit into one ledger'],
    ],
    examples: [
      'anchor sandbox --port 8001 --close 1',
      'anchor sandbox --port 0 --close manual --ready-file sandbox.json',
    ],
    load: () => import('./commands/sandbox.ts'),
  },
  {
    name: 'import polaris',
    args: ['DATABASE_URL'],
    summary: 'take over assets, finished transactions and open quotes of Django Polaris',
    options: [
      ['--distribution <account>', 'the distribution account of assets whose seed cannot be read'],
      ['--dry-run', 'only say what would be done'],
    ],
    examples: [
      'anchor import polaris sqlite:../polaris/data/db.sqlite3 --dry-run',
      'anchor import polaris postgres://reader@db/polaris',
    ],
    notes: [
      "DATABASE_URL is that of Polaris; it is only read. A password may come from PGPASSWORD. Django's SECRET_KEY, which opens the seeds, comes from POLARIS_SECRET_KEY or standard input.",
      'Stop both sides before. Transactions under way are left out, with what ends them: exit status 1. Safe to repeat.',
    ],
    load: () => import('./commands/import-polaris.ts'),
  },
  {
    name: 'import anchor-platform',
    args: [],
    summary: 'take over the assets and clients files of an Anchor Platform',
    options: [
      ['--assets <file>', 'its assets file, YAML or JSON'],
      ['--clients <file>', 'its clients file, YAML or JSON; goes into clients.toml'],
      ['--dry-run', 'only say what would be done'],
    ],
    examples: ['anchor import anchor-platform --assets assets.yaml --clients clients.yaml'],
    notes: [
      'Settings that belong into anchor.toml are printed. Exit status 1 when something was left out. Safe to repeat.',
    ],
    load: () => import('./commands/import-anchor-platform.ts'),
  },
  {
    name: 'doctor',
    args: ['[URL]'],
    summary: 'check configuration, keys, accounts, workers and endpoints; prints the line to change',
    options: [
      [
        '--suite-config',
        'print the configuration of the official test suite for this anchor (sandbox, testnet)',
      ],
    ],
    examples: [
      'anchor doctor',
      'anchor doctor https://anchor.example.com',
      'anchor doctor --suite-config > suite.json',
    ],
    notes: ['--suite-config makes and completes transactions: the anchor and its jobs must be running.'],
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'reconcile',
    args: [],
    summary: 'compare the network, the bank and the database; list every difference',
    options: [
      ['--since <ledger|time>', 'only what the network holds from there on (default: from the beginning)'],
      [
        '--accept <hash>',
        'book a transaction that this database has not signed as internal; several with commas',
      ],
      ['--reason <text>', 'why it is right; kept with it'],
    ],
    examples: [
      'anchor reconcile --json --since 2026-01-31',
      'anchor reconcile --accept HASH --reason "topped up by hand"',
    ],
    notes: ['Exit status 1 on any difference. A transaction that nobody here has signed stops all payments.'],
    load: () => import('./commands/reconcile.ts'),
  },
];

/** Options that every command has. */
export const COMMON_OPTIONS: readonly (readonly [string, string])[] = [
  ['--json', 'one JSON document on standard output, errors too'],
  ['--config <dir>', 'folder of the project (default: the nearest one with anchor.toml)'],
  ['-h, --help', 'this help'],
];
