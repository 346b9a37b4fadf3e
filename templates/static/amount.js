// Fee and what one receives, while typing. The server counts; nothing is computed here.

const form = document.querySelector('form[data-fee]');
const input = form?.querySelector('#amount');
const error = form?.querySelector('#amount-error');
let timer;
let asked = 0;

async function recount() {
  const mine = ++asked;
  const address = new URL(form.dataset.fee, location.href);
  address.searchParams.set('amount', input.value.trim());
  try {
    const answer = await fetch(address, { headers: { accept: 'application/json' } });
    const told = await answer.json();
    if (mine !== asked || typeof told.receive !== 'string') return;
    for (const name of ['send', 'fee', 'rate', 'receive']) {
      const line = form.querySelector(`[data-out="${name}"]`);
      if (line) line.textContent = told[name];
    }
    form.querySelectorAll('.summary .minor').forEach((line) => {
      line.remove();
    });
    const fault = input.value.trim() === '' ? '' : (told.error ?? '');
    error.textContent = fault;
    error.hidden = fault === '';
    input.closest('.field').classList.toggle('bad', fault !== '');
    if (fault === '') input.removeAttribute('aria-invalid');
    else input.setAttribute('aria-invalid', 'true');
  } catch {
    // Offline for a moment: the form still works, and the server counts again when it is sent.
  }
}

if (input) {
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(recount, 250);
  });
}
