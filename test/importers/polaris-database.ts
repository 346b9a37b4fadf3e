import { createCipheriv, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import BetterSqlite3 from 'better-sqlite3';
import pg from 'pg';

// The tables of Polaris 2.6 after its 14 migrations, with the columns and types that Django makes of its models.

type Kind = 'sqlite' | 'postgres';

const TYPES: Record<Kind, Record<string, string>> = {
  sqlite: {
    id: 'integer primary key autoincrement',
    uuid: 'char(32)',
    money: 'decimal',
    time: 'datetime',
    flag: 'bool',
    count: 'integer unsigned',
  },
  postgres: {
    id: 'serial primary key',
    uuid: 'uuid',
    money: 'numeric(30, 7)',
    time: 'timestamp with time zone',
    flag: 'boolean',
    count: 'integer',
  },
};

const TABLES: Record<string, string> = {
  polaris_asset: `id {id}, created {time} not null, modified {time} not null, code text not null, issuer text not null,
    significant_decimals integer not null, deposit_enabled {flag} not null, deposit_fee_fixed {money}, deposit_fee_percent {money},
    deposit_min_amount {money} not null, deposit_max_amount {money} not null, withdrawal_enabled {flag} not null,
    withdrawal_fee_fixed {money}, withdrawal_fee_percent {money}, withdrawal_min_amount {money} not null,
    withdrawal_max_amount {money} not null, send_fee_fixed {money}, send_fee_percent {money}, send_min_amount {money} not null,
    send_max_amount {money} not null, distribution_seed text, sep24_enabled {flag} not null, sep6_enabled {flag} not null,
    sep31_enabled {flag} not null, sep38_enabled {flag} not null, symbol text not null`,
  polaris_transaction: `id {uuid} not null primary key, paging_token text, stellar_account text not null, muxed_account text,
    account_memo {count}, asset_id integer not null, quote_id {uuid}, kind varchar(20) not null, submission_status varchar(31) not null,
    status varchar(31) not null, status_eta integer, status_message text, stellar_transaction_id text, external_transaction_id text,
    amount_in {money}, amount_expected {money}, amount_out {money}, amount_fee {money}, fee_asset text, queue text, queued_at {time},
    started_at {time} not null, completed_at {time}, from_address text, to_address text, required_info_updates text,
    required_info_message text, memo text, memo_type varchar(10) not null, receiving_anchor_account text, refunded {flag} not null,
    protocol varchar(5), pending_signatures {flag} not null, envelope_xdr text, channel_seed text,
    claimable_balance_supported {flag} not null, claimable_balance_id text, more_info_url text, on_change_callback text,
    pending_execution_attempt {flag} not null, client_domain text`,
  polaris_quote: `id {uuid} not null primary key, stellar_account text not null, account_memo {count}, muxed_account text,
    type text not null, sell_asset text not null, buy_asset text not null, sell_amount {money} not null, buy_amount {money},
    price {money}, expires_at {time}, sell_delivery_method_id integer, buy_delivery_method_id integer, country_code text,
    requested_expire_after {time}`,
  polaris_offchainasset: `id {id}, scheme text not null, identifier text not null, significant_decimals {count} not null,
    country_codes text, symbol text`,
  polaris_deliverymethod: 'id {id}, type text not null, name text not null, description text not null',
  polaris_offchainasset_delivery_methods:
    'id {id}, offchainasset_id integer not null, deliverymethod_id integer not null',
  polaris_exchangepair: 'id {id}, buy_asset text not null, sell_asset text not null',
  polaris_polarisheartbeat: 'id {id}, "key" varchar(80) not null, last_heartbeat {time}',
};

export type Cells = Record<string, string | number | boolean | null>;

/** A Polaris database, written as Django writes it. */
export interface PolarisDatabase {
  insert(table: string, row: Cells): Promise<void>;
  run(sql: string): Promise<void>;
  close(): Promise<void>;
}

const createOf = (kind: Kind): string[] =>
  Object.entries(TABLES).map(
    ([name, columns]) =>
      `create table ${name} (${columns.replace(/\{(\w+)\}/g, (_, type) => TYPES[kind][type] as string)})`,
  );

/** @param place path of a file, or address of an empty PostgreSQL database */
export async function polarisDatabase(kind: Kind, place: string): Promise<PolarisDatabase> {
  if (kind === 'sqlite') {
    const raw = new BetterSqlite3(place);
    for (const sql of createOf(kind)) raw.exec(sql);
    return {
      async insert(table, row) {
        // Django keeps booleans as 0 and 1, decimals as text that SQLite turns into numbers, UUIDs without dashes
        const cells = Object.values(row).map((value) =>
          typeof value === 'boolean' ? Number(value) : isUuid(value) ? value.replaceAll('-', '') : value,
        );
        const names = Object.keys(row);
        raw.prepare(`insert into ${table} (${names}) values (${names.map(() => '?')})`).run(cells);
      },
      run: async (sql) => void raw.exec(sql),
      close: async () => void raw.close(),
    };
  }
  const client = new pg.Client({ connectionString: place });
  await client.connect();
  // as Django sets it
  await client.query("set time zone 'UTC'");
  for (const sql of createOf(kind)) await client.query(sql);
  return {
    async insert(table, row) {
      const names = Object.keys(row);
      const marks = names.map((_, i) => `$${i + 1}`);
      await client.query(`insert into ${table} (${names}) values (${marks})`, Object.values(row));
    },
    run: async (sql) => void (await client.query(sql)),
    close: () => client.end(),
  };
}

const isUuid = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(value);

/** A seed as `EncryptedTextField` keeps it. */
export function encryptedSeed(seed: string, secretKey: string): string {
  const salt = randomBytes(16);
  const key = pbkdf2Sync(secretKey, salt, 100_000, 32, 'sha256');
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-128-cbc', key.subarray(16), iv);
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(1_700_000_000n);
  const signed = Buffer.concat([Buffer.from([0x80]), time, iv, cipher.update(seed), cipher.final()]);
  const mac = createHmac('sha256', key.subarray(0, 16)).update(signed).digest();
  const text = Buffer.concat([salt, signed, mac]).toString('base64');
  return text.replaceAll('+', '-').replaceAll('/', '_');
}

export const asset = (over: Cells): Cells => ({
  created: '2021-01-01 00:00:00.000000+00:00',
  modified: '2021-01-01 00:00:00.000000+00:00',
  code: 'SRT',
  significant_decimals: 2,
  deposit_enabled: true,
  deposit_fee_fixed: '1',
  deposit_fee_percent: '0.5',
  deposit_min_amount: '0',
  deposit_max_amount: '999999999999999999',
  withdrawal_enabled: true,
  withdrawal_fee_fixed: null,
  withdrawal_fee_percent: '1.25',
  withdrawal_min_amount: '0.1',
  withdrawal_max_amount: '10000',
  send_fee_fixed: null,
  send_fee_percent: null,
  send_min_amount: '0',
  send_max_amount: '999999999999999999',
  distribution_seed: null,
  sep24_enabled: true,
  sep6_enabled: false,
  sep31_enabled: false,
  sep38_enabled: true,
  symbol: '$',
  ...over,
});

export const transaction = (over: Cells): Cells => ({
  asset_id: 1,
  kind: 'deposit',
  submission_status: 'not_ready',
  status: 'completed',
  memo_type: 'text',
  refunded: false,
  protocol: 'sep24',
  pending_signatures: false,
  claimable_balance_supported: false,
  pending_execution_attempt: false,
  started_at: '2022-03-04 05:06:07.891234',
  ...over,
});
