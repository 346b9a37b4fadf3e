/** What the money engine relies on. A rails adapter that breaks one of these loses money or pays it twice, one day. */
export const RULES = {
  'RAILS-01': {
    title: 'payout answers accepted, completed or rejected',
    fix: 'Answer { status: "accepted" } when the bank has the order, { status: "completed" } when it has paid, { status: "rejected", reason } only when it certainly never will.',
  },
  'RAILS-02': {
    title: 'payout pays exactly the amount of the order',
    fix: 'Amounts are decimal text. Hand the text on, or count in cents with BigInt; Number and parseFloat round.',
  },
  'RAILS-03': {
    title: 'the same key again pays nothing more',
    fix: 'Give `key` to the bank as its idempotency key. A bank without one: look the key up before you order, and write it into the order.',
  },
  'RAILS-04': {
    title: 'the same key several times at once pays once',
    fix: 'Looking first and ordering then is not enough for two at once: the bank itself has to refuse the second order of a key.',
  },
  'RAILS-05': {
    title: 'another amount under the same key pays nothing more',
    fix: 'The key alone says which order it is. Make it the idempotency key, without the amount in it.',
  },
  'RAILS-06': {
    title: 'another key is another payout, also of the same amount to the same account',
    fix: 'Tell orders apart by `key` alone, not by amount, account or reference.',
  },
  'RAILS-07': {
    title: 'settleSeconds is a number of seconds',
    fix: 'Say how long the bank may still take an order after a call has failed, for example settleSeconds: 120.',
  },
  'RAILS-10': {
    title: 'there is a lookupPayout',
    fix: 'Write lookupPayout(key). Without it every payout whose call fails waits for an operator.',
  },
  'RAILS-11': {
    title: 'lookupPayout answers none for a key that the bank never had',
    fix: 'Answer { status: "none" } when the bank says that it does not know the key, and throw when it says nothing.',
  },
  'RAILS-12': {
    title: 'lookupPayout finds what the bank has taken',
    fix: 'Find the order by our key, in every state that the bank knows, from the moment on that it took it; declare settleSeconds where it takes longer.',
  },
  'RAILS-13': {
    title: 'a look-up that fails throws',
    fix: 'Do not catch: { status: "none" } after a failure makes the order go out a second time.',
  },
  'RAILS-20': {
    title: 'a payout that could not be sent throws',
    fix: 'Do not catch network faults in payout: nobody knows what happened, and { status: "rejected" } says that the bank refused.',
  },
  'RAILS-21': {
    title: 'a payout whose answer got lost is never said to be rejected, and is not paid again',
    fix: 'Do not catch network faults in payout, and do not try again under another key.',
  },
  'RAILS-22': {
    title: 'nonsense of the bank is no answer',
    fix: 'Check status code and content of the bank’s answer and throw when they are not what they should be.',
  },
  'RAILS-23': {
    title: 'a call ends when its time is up',
    fix: 'Hand ctx.signal on: fetch(url, { signal: ctx.signal }).',
  },
  'RAILS-30': {
    title: 'pollDeposits answers a list of credits and a cursor',
    fix: 'Answer { credits: [{ id, amount, reference, from, at }], cursor }. The amount is text such as "98.99", without sign, currency or thousands separators.',
  },
  'RAILS-31': {
    title: 'pollDeposits shows every credit with its amount and reference',
    fix: 'Ask the bank for everything since the cursor, all pages of it, and take amounts as text.',
  },
  'RAILS-32': {
    title: 'the same cursor again shows the same credits under the same ids',
    fix: 'Do not mark credits as read and do not keep the place yourself: after a crash the anchor asks again from the cursor that it has stored. Take the bank’s own id.',
  },
  'RAILS-33': {
    title: 'the cursor skips nothing',
    fix: 'The cursor stands for the last credit of this answer, not for the present time.',
  },
  'RAILS-34': {
    title: 'two equal credits have two ids',
    fix: 'Take the bank’s own id of the booking, not the reference, the amount or the time.',
  },
  'RAILS-35': {
    title: 'a poll that fails loses nothing',
    fix: 'Throw when the bank cannot be asked; an empty list with a new cursor skips what arrived.',
  },
  'RAILS-40': {
    title: 'there is a refund',
    fix: 'Write refund({ key, credit, amount }). Without it an operator sends money back by hand.',
  },
  'RAILS-41': {
    title: 'refund pays exactly the amount, once per key, and lookupPayout finds it',
    fix: 'As for payout: `key` is the idempotency key, and lookupPayout has to know it.',
  },
  'RAILS-50': {
    title: 'pollPayouts tells of what it is asked, and truly',
    fix: 'Answer [{ key, status, … }] with keys from the list; leave out what the bank says nothing about.',
  },
  'RAILS-60': {
    title: 'nothing is forgotten by a restart',
    fix: 'Keep keys and cursors at the bank or on disk, not in variables: the anchor runs in several processes, and they restart.',
  },
} as const;

export type RuleId = keyof typeof RULES;

/** Not money at stake, but work for the operator. */
export const ADVICE: ReadonlySet<RuleId> = new Set<RuleId>(['RAILS-10', 'RAILS-40']);
