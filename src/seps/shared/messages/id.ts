import type { Texts } from './en.ts';

export const id: Texts = {
  'method.type': 'Cara Anda membayar atau dibayar.',
  'field.dest': 'Nomor rekening bank yang akan dibayar.',
  'field.destExtra': 'Kode bank atau BIC.',
  'fee.description': 'Biaya setoran atau penarikan, dalam aset tersebut.',
  'instruction.reference': 'Cantumkan referensi ini pada pembayaran Anda agar dapat kami kenali.',
  'how.reference': 'Bayarlah kepada kami dan cantumkan referensi {reference}.',
  'how.later': 'Cara membayar akan muncul pada transaksi setelah data Anda lengkap.',
  'how.soon': 'Cara membayar akan segera muncul pada transaksi.',
  'info.needed': 'Beberapa data transaksi ini perlu diperbaiki.',
  'customer.needed': 'Kami memerlukan beberapa data Anda sebelum melanjutkan.',
  'customer.processing': 'Kami sedang memeriksa data Anda.',
  'customer.rejected': 'Kami tidak dapat menawarkan layanan ini kepada Anda.',
  'sep31.sender': 'Orang yang mengirim uang melalui anchor lain.',
  'sep31.receiver': 'Orang yang menerima uang yang dikirim anchor lain.',
  'sep31.sender_rejected': 'Kami tidak dapat menerima pembayaran dari pengirim ini.',
  'sep31.receiver_rejected': 'Kami tidak dapat membayar penerima ini.',
  'sep31.customers_needed': 'Beberapa data pengirim atau penerima perlu diperbaiki: lihat SEP-12.',
};
