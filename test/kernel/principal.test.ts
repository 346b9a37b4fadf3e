import { describe, expect, it } from 'vitest';
import type { Queries } from '../../src/database/port.ts';
import { type Principal, parseSubject, principalOf } from '../../src/kernel/principal.ts';
import { joinMuxed } from '../../src/kernel/strkey.ts';
import { findOwned, findOwnedBy, listOwned } from '../../src/transfers/owned.ts';

const G = 'GA7JFA6EGUUKTDZ4PAPOEJUWFNVHKI267WW6BU5N7AKEHMDKNHQWLF2B';
const C = 'CA3D5KRYM6CB7OWQ6TWYRR3Z4T7GNZLKERYNZGGA5SOAOPIFY6YQGAXE';

describe('principal', () => {
  it('comes from a token once, with one owner for G with memo and the M of the same pair (SC-15, SC-18)', () => {
    const memo = '18446744073709551615';
    const muxed = joinMuxed(G, memo);
    expect(principalOf({ sub: muxed })).toMatchObject({ account: G, memo, muxed, subject: muxed });
    expect(principalOf({ sub: `${G}:${memo}` })?.owner).toBe(principalOf({ sub: muxed })?.owner);
    expect(principalOf({ sub: C })).toMatchObject({ owner: C, account: C, memo: null, muxed: null });
    expect(principalOf({ sub: G, client_domain: 'wallet.example', home_domain: 7 })).toMatchObject({
      clientDomain: 'wallet.example',
      homeDomain: null,
    });
    for (const sub of ['', ':1', `${G}:`, `${G}:01`, `${G}:18446744073709551616`, `${C}:1`, 'S']) {
      expect(principalOf({ sub })).toBeNull();
    }
  });

  it('is demanded by every look-up of what somebody owns: text does not compile', () => {
    const never = (db: Queries, principal: Principal): unknown[] => [
      findOwned(db, 'id', principal),
      // @ts-expect-error an account is no principal
      findOwned(db, 'id', G),
      // @ts-expect-error nor is an owner's text
      findOwnedBy(db, { id: 'id' }, `${G}:1`),
      // @ts-expect-error nor an object that looks like one
      listOwned(db, { ...principal, owner: G }, { limit: 1 }),
      db.selectFrom('transactions').where('owner', '=', principal.owner),
      // @ts-expect-error and a query of one's own takes nothing else either
      db.selectFrom('transactions').where('owner', '=', G),
    ];
    expect(never).toBeTypeOf('function');
    expect(parseSubject(G)?.owner).toBe(G);
  });
});
