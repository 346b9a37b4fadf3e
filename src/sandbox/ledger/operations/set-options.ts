import { xdr } from '@stellar/stellar-sdk';
import { isStringValid } from '../checks.ts';
import { accountOf, compareSigners, signerKeyOf } from '../keys.ts';
import { existingAccount, removeSigner, reserveSubEntry } from '../sponsorship.ts';
import type { AccountEntry } from '../types.ts';
import {
  type ApplyContext,
  authFlags,
  cannotReserve,
  common,
  failed,
  loadSource,
  type OperationOutcome,
  type OperationRules,
  succeeded,
} from './operation.ts';

const result = xdr.OperationResultTr.setOptions;
const code = xdr.SetOptionsResult;
const ALL_FLAGS = 15;
const MAX_SIGNERS = 20;
const UINT8_MAX = 255;

/** js-xdr answers null or undefined for an absent optional. */
const given = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

function clawbackWithoutRevocable(flags: number): boolean {
  return (flags & authFlags.clawback) !== 0 && (flags & authFlags.revocable) === 0;
}

function checkSigner(signer: xdr.Signer, source: string): boolean {
  const key = signer.key();
  if (signerKeyOf(key) === source || signer.weight() > UINT8_MAX) return false;
  const isPayload = key.switch().name === 'signerKeyTypeEd25519SignedPayload';
  return !isPayload || key.ed25519SignedPayload().payload().length > 0;
}

/** Flags after the operation, or why not. */
function changedFlags(op: xdr.SetOptionsOp, account: AccountEntry): number | OperationOutcome {
  const clear = op.clearFlags() ?? 0;
  const set = op.setFlags() ?? 0;
  if (((clear | set) & ALL_FLAGS) !== 0 && (account.flags & authFlags.immutable) !== 0) {
    return failed(result(code.setOptionsCantChange()));
  }
  const flags = (account.flags & ~clear) | set;
  const asked = given(op.clearFlags()) || given(op.setFlags());
  if (asked && clawbackWithoutRevocable(flags)) {
    return failed(result(code.setOptionsAuthRevocableRequired()));
  }
  return flags;
}

function addOrChangeSigner(context: ApplyContext, key: string, weight: number): OperationOutcome | undefined {
  const { state, source } = context;
  const account = existingAccount(state, source);
  if (account.signers.some((signer) => signer.key === key)) {
    const signers = account.signers.map((signer) => (signer.key === key ? { ...signer, weight } : signer));
    state.put({ ...account, signers });
    return undefined;
  }
  if (account.signers.length === MAX_SIGNERS) return failed(result(code.setOptionsTooManySigners()));
  const reserved = reserveSubEntry(state, source);
  if (typeof reserved === 'string') return cannotReserve(reserved, result(code.setOptionsLowReserve()));
  const now = existingAccount(state, source);
  const signer = { key, weight, sponsor: reserved.sponsor };
  const signers = [...now.signers, signer].sort((a, b) => compareSigners(a.key, b.key));
  state.put({ ...now, signers });
  return undefined;
}

function changeSigner(context: ApplyContext, signer: xdr.Signer): OperationOutcome | undefined {
  const key = signerKeyOf(signer.key());
  if (signer.weight() !== 0) return addOrChangeSigner(context, key, signer.weight());
  const known = existingAccount(context.state, context.source).signers.find((other) => other.key === key);
  if (known) removeSigner(context.state, context.source, known);
  return undefined;
}

export const setOptions: OperationRules = {
  ...common,
  threshold(body) {
    const op = body.setOptionsOp();
    const strong = [op.masterWeight(), op.lowThreshold(), op.medThreshold(), op.highThreshold(), op.signer()];
    return strong.some(given) ? 'high' : 'medium';
  },
  blank: () => result(code.setOptionsSuccess()),
  check(body, { source }) {
    const op = body.setOptionsOp();
    const set = op.setFlags() ?? 0;
    const clear = op.clearFlags() ?? 0;
    if (((set | clear) & ~ALL_FLAGS) !== 0) return failed(result(code.setOptionsUnknownFlag()));
    if ((set & clear) !== 0) return failed(result(code.setOptionsBadFlags()));
    const weights = [op.masterWeight(), op.lowThreshold(), op.medThreshold(), op.highThreshold()];
    if (weights.some((weight) => (weight ?? 0) > UINT8_MAX)) {
      return failed(result(code.setOptionsThresholdOutOfRange()));
    }
    const signer = op.signer();
    if (given(signer) && !checkSigner(signer, source)) return failed(result(code.setOptionsBadSigner()));
    const domain = op.homeDomain();
    if (given(domain) && !isStringValid(domain)) return failed(result(code.setOptionsInvalidHomeDomain()));
    return undefined;
  },
  apply(body, context) {
    const { state } = context;
    const op = body.setOptionsOp();
    const account = loadSource(context);
    const inflation = op.inflationDest();
    const inflationDestination = given(inflation) ? accountOf(inflation) : account.inflationDestination;
    if (given(inflation) && !state.account(accountOf(inflation))) {
      return failed(result(code.setOptionsInvalidInflation()));
    }
    const flags = changedFlags(op, account);
    if (typeof flags !== 'number') return flags;
    state.put({
      ...account,
      inflationDestination,
      flags,
      homeDomain: op.homeDomain()?.toString() ?? account.homeDomain,
      masterWeight: op.masterWeight() ?? account.masterWeight,
      lowThreshold: op.lowThreshold() ?? account.lowThreshold,
      mediumThreshold: op.medThreshold() ?? account.mediumThreshold,
      highThreshold: op.highThreshold() ?? account.highThreshold,
    });
    const signer = op.signer();
    const failure = given(signer) ? changeSigner(context, signer) : undefined;
    return failure ?? succeeded(result(code.setOptionsSuccess()));
  },
};
