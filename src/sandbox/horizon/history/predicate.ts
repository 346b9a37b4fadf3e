import type { xdr } from '@stellar/stellar-sdk';
import type { Predicate } from '../../ledger/types.ts';
import type { Fields } from '../json.ts';
import { isoSeconds } from './time.ts';

/** A claim predicate as Horizon prints it. */
export function predicateFields(predicate: Predicate): Fields {
  switch (predicate.type) {
    case 'unconditional':
      return { unconditional: true };
    case 'and':
    case 'or':
      return { [predicate.type]: predicate.predicates.map(predicateFields) };
    case 'not':
      return predicate.predicate === null ? {} : { not: predicateFields(predicate.predicate) };
    case 'before_absolute':
      return { abs_before: isoSeconds(predicate.time), abs_before_epoch: predicate.time.toString() };
    case 'before_relative':
      return { rel_before: predicate.seconds.toString() };
  }
}

/** The predicate of an operation, before the ledger turns relative times into absolute ones. */
export function openPredicate(predicate: xdr.ClaimPredicate): Predicate {
  switch (predicate.switch().name) {
    case 'claimPredicateAnd':
      return { type: 'and', predicates: predicate.andPredicates().map(openPredicate) };
    case 'claimPredicateOr':
      return { type: 'or', predicates: predicate.orPredicates().map(openPredicate) };
    case 'claimPredicateNot': {
      const inner = predicate.notPredicate();
      return { type: 'not', predicate: inner ? openPredicate(inner) : null };
    }
    case 'claimPredicateBeforeAbsoluteTime':
      return { type: 'before_absolute', time: predicate.absBefore().toBigInt() };
    case 'claimPredicateBeforeRelativeTime':
      return { type: 'before_relative', seconds: predicate.relBefore().toBigInt() };
    default:
      return { type: 'unconditional' };
  }
}
