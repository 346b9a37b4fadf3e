// Keeps the status page fresh and tells the wallet that opened it (SEP-24: callback and on_change_callback by postMessage).

const FAST_MS = 2000;
const SLOW_MS = 6000;
const FAST_ASKS = 60;

const card = () => document.querySelector('[data-state]');
let latest = null;
let told = null;
let seen = null;
let asks = 0;

/** The window that opened this one, else the one it is framed by. */
function wallet() {
  if (window.opener) return window.opener;
  return window.parent !== window ? window.parent : null;
}

function tell(transaction) {
  const to = wallet();
  if (!to || !transaction) return;
  to.postMessage({ transaction }, card().dataset.target || '*');
}

/** `callback`: one message when the user is done, whatever number of tabs and reloads there are. */
function tellDone() {
  const { callback, transaction } = card().dataset;
  if (callback !== 'postMessage' || !latest) return;
  const mark = `anchor-told-${transaction}`;
  try {
    if (localStorage.getItem(mark)) return;
    localStorage.setItem(mark, '1');
  } catch {
    if (told === 'done') return;
  }
  told = 'done';
  tell(latest);
}

/** `on_change_callback`: every change, that of sending the last form included. */
function tellChange(state) {
  const { onChange, transaction } = card().dataset;
  if (onChange !== 'postMessage') return;
  const key = `anchor-seen-${transaction}`;
  const now = `${state.transaction.status} ${state.transaction.kyc_verified}`;
  let before = seen;
  try {
    before ??= sessionStorage.getItem(key);
    sessionStorage.setItem(key, now);
  } catch {
    // Without storage a reload tells the status once more.
  }
  seen = now;
  if (state.submitted && before !== now) tell(state.transaction);
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.querySelector('main');
  if (!fresh?.querySelector('[data-state]')) return;
  document.querySelector('main').replaceChildren(...fresh.childNodes);
  prepareStatus();
}

async function ask() {
  asks++;
  try {
    const answer = await fetch(card().dataset.state, { headers: { accept: 'application/json' } });
    if (answer.status === 401 || answer.status === 403 || answer.status === 404) {
      // The session is over: the same page under its own lasting address goes on.
      if (card().dataset.later) location.replace(card().dataset.later);
      return;
    }
    if (answer.ok) {
      const state = await answer.json();
      latest = state.transaction;
      tellChange(state);
      // A withdrawal is the wallet's turn now; with a deposit the user reads how to pay, then closes.
      if (state.kind === 'withdrawal' && state.submitted) tellDone();
      if (String(state.version) !== card().dataset.version) await refresh();
      if (state.terminal) return;
    }
  } catch {
    // Offline for a moment: ask again.
  }
  setTimeout(ask, asks < FAST_ASKS && !document.hidden ? FAST_MS : SLOW_MS);
}

function prepareStatus() {
  window.preparePage?.(document);
  if (wallet()) {
    document.querySelectorAll('.closing').forEach((element) => {
      element.hidden = false;
    });
  }
}

document.addEventListener('click', (event) => {
  if (!event.target.closest?.('[data-close]')) return;
  tellDone();
  window.close();
});

if (card()) {
  prepareStatus();
  ask();
}
