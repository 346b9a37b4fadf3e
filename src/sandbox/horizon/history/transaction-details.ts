import { SignerKey, type xdr } from '@stellar/stellar-sdk';
import type { Fields } from '../json.ts';
import { addressFields, type OpenEnvelope } from './envelope.ts';
import { isoSeconds } from './time.ts';

/** Each byte that is not valid UTF-8 becomes one replacement character, zero bytes vanish: as Horizon stores texts. */
export function memoText(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] as number;
    const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    const part = bytes.subarray(at, at + length).toString('utf8');
    const whole = [...part].length === 1 && !part.includes('\ufffd');
    const real = whole || bytes.subarray(at, at + 3).equals(Buffer.from('\ufffd'));
    text += real ? part : '\ufffd';
    at += real ? Buffer.byteLength(part) : 1;
  }
  return text.replaceAll('\0', '');
}

function memoFields(memo: xdr.Memo): Fields {
  switch (memo.switch().name) {
    case 'memoText': {
      const text = memo.text();
      const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
      return { memo_type: 'text', memo_bytes: bytes.toString('base64'), memo: memoText(bytes) };
    }
    case 'memoId':
      return { memo_type: 'id', memo: memo.id().toString() };
    case 'memoHash':
      return { memo_type: 'hash', memo: memo.hash().toString('base64') };
    case 'memoReturn':
      return { memo_type: 'return', memo: memo.retHash().toString('base64') };
    default:
      return { memo_type: 'none' };
  }
}

function conditionFields({ timeBounds, conditions }: OpenEnvelope): Fields {
  const found: Fields = {};
  if (timeBounds !== null) {
    const max = timeBounds.maxTime().toBigInt();
    found['timebounds'] = {
      min_time: timeBounds.minTime().toString(),
      max_time: max === 0n ? undefined : max.toString(),
    };
  }
  const ledgers = conditions?.ledgerBounds();
  if (ledgers) {
    found['ledgerbounds'] = { min_ledger: ledgers.minLedger(), max_ledger: ledgers.maxLedger() || undefined };
  }
  const sequence = conditions?.minSeqNum();
  if (sequence) found['min_account_sequence'] = sequence.toString();
  const age = conditions?.minSeqAge().toString() ?? '0';
  if (age !== '0') found['min_account_sequence_age'] = age;
  const gap = conditions?.minSeqLedgerGap() ?? 0;
  if (gap !== 0) found['min_account_sequence_ledger_gap'] = gap;
  const extra = conditions?.extraSigners() ?? [];
  if (extra.length > 0) found['extra_signers'] = extra.map((key) => SignerKey.encodeSignerKey(key));
  return found;
}

function validity({ timeBounds }: OpenEnvelope): Fields {
  if (timeBounds === null) return {};
  const max = timeBounds.maxTime().toBigInt();
  return {
    valid_after: isoSeconds(timeBounds.minTime().toBigInt()),
    valid_before: max === 0n ? undefined : isoSeconds(max),
  };
}

/** What Horizon prints of an envelope, apart from hashes, results, signatures and links. */
export function transactionDetails(envelope: OpenEnvelope): Fields {
  const { source, feeBump } = envelope;
  const preconditions = conditionFields(envelope);
  return {
    ...addressFields('account', source, 'source_account'),
    source_account_sequence: envelope.sequence.toString(),
    ...addressFields('fee_account', feeBump?.source ?? source),
    max_fee: feeBump?.maxFee ?? envelope.maxFee,
    operation_count: envelope.operations.length,
    ...memoFields(envelope.memo),
    ...validity(envelope),
    ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
  };
}
