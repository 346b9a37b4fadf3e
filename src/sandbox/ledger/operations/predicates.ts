import type { xdr } from '@stellar/stellar-sdk';
import type { Predicate } from '../types.ts';

const MAX_DEPTH = 4;
const INT64_MAX = 2n ** 63n - 1n;

/** Well formed: at most four deep, two members of and and or, one of not, no negative times. */
export function isPredicateValid(predicate: xdr.ClaimPredicate, depth = 1): boolean {
  if (depth > MAX_DEPTH) return false;
  switch (predicate.switch().name) {
    case 'claimPredicateUnconditional':
      return true;
    case 'claimPredicateAnd':
      return areMembersValid(predicate.andPredicates(), depth);
    case 'claimPredicateOr':
      return areMembersValid(predicate.orPredicates(), depth);
    case 'claimPredicateNot': {
      const negated = predicate.notPredicate();
      return negated ? isPredicateValid(negated, depth + 1) : false;
    }
    case 'claimPredicateBeforeAbsoluteTime':
      return predicate.absBefore().toBigInt() >= 0n;
    default:
      return predicate.relBefore().toBigInt() >= 0n;
  }
}

function areMembersValid(members: xdr.ClaimPredicate[], depth: number): boolean {
  return members.length === 2 && members.every((member) => isPredicateValid(member, depth + 1));
}

/** As the ledger keeps it: relative times (seconds) become absolute ones from this close time (Unix seconds). */
export function keptPredicate(predicate: xdr.ClaimPredicate, closeTime: bigint): Predicate {
  const kept = (member: xdr.ClaimPredicate) => keptPredicate(member, closeTime);
  switch (predicate.switch().name) {
    case 'claimPredicateUnconditional':
      return { type: 'unconditional' };
    case 'claimPredicateAnd':
      return { type: 'and', predicates: predicate.andPredicates().map(kept) };
    case 'claimPredicateOr':
      return { type: 'or', predicates: predicate.orPredicates().map(kept) };
    case 'claimPredicateNot': {
      const negated = predicate.notPredicate();
      return { type: 'not', predicate: negated ? kept(negated) : null };
    }
    case 'claimPredicateBeforeAbsoluteTime':
      return { type: 'before_absolute', time: predicate.absBefore().toBigInt() };
    default: {
      const time = closeTime + predicate.relBefore().toBigInt();
      return { type: 'before_absolute', time: time > INT64_MAX ? INT64_MAX : time };
    }
  }
}

export function isSatisfied(predicate: Predicate, closeTime: bigint): boolean {
  switch (predicate.type) {
    case 'unconditional':
      return true;
    case 'and':
      return predicate.predicates.every((member) => isSatisfied(member, closeTime));
    case 'or':
      return predicate.predicates.some((member) => isSatisfied(member, closeTime));
    case 'not':
      return predicate.predicate !== null && !isSatisfied(predicate.predicate, closeTime);
    case 'before_absolute':
      return predicate.time > closeTime;
    case 'before_relative':
      return false;
  }
}
