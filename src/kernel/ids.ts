import { randomBytes, randomUUID } from 'node:crypto';
import { systemClock } from './clock.ts';

/** The only source of randomness. The simulation brings a seeded one. */
export interface Ids {
  uuid(): string;
  bytes(length: number): Buffer;
}

/**
 * A UUID of version 7: begins with the time in milliseconds, the other 74 bits are random. Rows that are made together lie together in
 * the database's indexes, so that what is stored of a page of payments touches few of their pages and not one for each row.
 */
function timedUuid(): string {
  const time = systemClock.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

export const systemIds: Ids = { uuid: timedUuid, bytes: (length) => randomBytes(length) };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const isUuid = (text: unknown): text is string => typeof text === 'string' && UUID.test(text);
