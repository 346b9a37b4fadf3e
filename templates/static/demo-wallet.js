// Loads the wallet anew while a transfer is on its way; without JavaScript a meta refresh does it.
const card = document.querySelector('[data-moving]');
if (card?.dataset.moving === 'yes') {
  setInterval(() => {
    const typing = document.activeElement?.tagName === 'INPUT';
    if (!document.hidden && !typing) location.assign('/demo-wallet');
  }, 3000);
}
