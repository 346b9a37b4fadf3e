import { randomBytes, randomUUID } from 'node:crypto';

/** The only source of randomness. The simulation brings a seeded one. */
export interface Ids {
  uuid(): string;
  bytes(length: number): Buffer;
}

export const systemIds: Ids = { uuid: () => randomUUID(), bytes: (length) => randomBytes(length) };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const isUuid = (text: unknown): text is string => typeof text === 'string' && UUID.test(text);
