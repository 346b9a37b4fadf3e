// Small comforts of every page; each works without this file too.

const show = (element) => {
  element.hidden = false;
};

/** Makes the page's new parts ready: copy buttons appear, times are told in the reader's own zone. */
function prepare(root) {
  if (navigator.clipboard) root.querySelectorAll('[data-copy]').forEach(show);
  root.querySelectorAll('[data-no-js]').forEach((element) => {
    element.hidden = true;
  });
  root.querySelectorAll('time[datetime]').forEach((element) => {
    const time = new Date(element.dateTime);
    if (Number.isNaN(time.getTime())) return;
    element.textContent = time.toLocaleString(document.documentElement.lang, {
      dateStyle: 'medium',
      timeStyle: 'short',
    });
  });
}

document.addEventListener('click', async (event) => {
  const button = event.target.closest?.('[data-copy]');
  if (!button) return;
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.done;
    setTimeout(() => {
      button.textContent = label;
    }, 2000);
  } catch {
    getSelection()?.selectAllChildren(button.previousElementSibling);
  }
});

// One press, one submission: the server refuses a second one anyway.
document.addEventListener('submit', (event) => {
  const form = event.target;
  // A form that opens another window leaves this one as it is.
  if (event.defaultPrevented || (form.target && form.target !== '_self')) return;
  if (form.getAttribute('aria-busy') === 'true') {
    event.preventDefault();
    return;
  }
  form.setAttribute('aria-busy', 'true');
  setTimeout(() => form.removeAttribute('aria-busy'), 10_000);
});
window.addEventListener('pageshow', () => {
  document.querySelectorAll('form[aria-busy]').forEach((form) => {
    form.removeAttribute('aria-busy');
  });
});

window.preparePage = prepare;
prepare(document);
