import type { AnchorError } from '../../../kernel/errors.ts';

/**
 * What is wrong with a request, in the languages other than English, in which errors are written where they arise (SC-26, SC-30). `{name}` is
 * the parameter, `{amount}` the first number of the English text.
 */
type Faults = Readonly<Record<string, string>>;

const es: Faults = {
  PARAMETER_MISSING: 'Falta {name}.',
  PARAMETER_INVALID: '{name} no es válido.',
  PARAMETER_REPEATED: 'Un parámetro aparece más de una vez.',
  ASSET_UNSUPPORTED: 'Este proveedor no ofrece ese activo aquí.',
  ACCOUNT_UNSUPPORTED: 'Las cuentas de contrato (C…) aún no se admiten; use una dirección G… o M….',
  TRANSACTION_NOT_FOUND: 'No existe tal transacción.',
  CUSTOMER_NOT_FOUND: 'No existe tal cliente.',
  AMOUNT_TOO_SMALL: 'El importe mínimo es {amount}.',
  AMOUNT_TOO_BIG: 'El importe máximo es {amount}.',
  AMOUNT_TOO_PRECISE: 'El importe tiene como máximo {amount} decimales.',
  AMOUNT_BELOW_FEE: 'El importe no cubre la comisión.',
  AMOUNT_INVALID: 'El importe debe ser un número decimal como 100 o 98.99.',
  AMOUNT_NOT_POSITIVE: 'El importe debe ser mayor que cero.',
  MEMO_INVALID: 'El memo no es válido.',
  MEMO_TYPE_INVALID: 'El tipo de memo debe ser text, id o hash.',
  QUOTE_UNUSABLE: 'Esa cotización no se puede usar.',
  QUOTE_CONFLICT: 'La solicitud no coincide con la cotización.',
  EXCHANGE_UNSUPPORTED: 'Este proveedor no cambia un activo por el otro.',
  QUOTE_REQUIRED: 'Este pago necesita una cotización en firme (quote_id).',
  CUSTOMER_UNKNOWN: '{name} no es un cliente que usted haya registrado aquí.',
  NOTHING_ASKED: 'Esta transacción no espera información.',
};

const pt: Faults = {
  PARAMETER_MISSING: 'É preciso informar {name}.',
  PARAMETER_INVALID: '{name} não é válido.',
  PARAMETER_REPEATED: 'Um parâmetro aparece mais de uma vez.',
  ASSET_UNSUPPORTED: 'Este provedor não oferece esse ativo aqui.',
  ACCOUNT_UNSUPPORTED: 'Contas de contrato (C…) ainda não são aceitas; use um endereço G… ou M….',
  TRANSACTION_NOT_FOUND: 'Essa transação não existe.',
  CUSTOMER_NOT_FOUND: 'Esse cliente não existe.',
  AMOUNT_TOO_SMALL: 'O valor mínimo é {amount}.',
  AMOUNT_TOO_BIG: 'O valor máximo é {amount}.',
  AMOUNT_TOO_PRECISE: 'O valor tem no máximo {amount} casas decimais.',
  AMOUNT_BELOW_FEE: 'O valor não cobre a taxa.',
  AMOUNT_INVALID: 'O valor deve ser um número decimal como 100 ou 98.99.',
  AMOUNT_NOT_POSITIVE: 'O valor deve ser maior que zero.',
  MEMO_INVALID: 'O memo não é válido.',
  MEMO_TYPE_INVALID: 'O tipo de memo deve ser text, id ou hash.',
  QUOTE_UNUSABLE: 'Essa cotação não pode ser usada.',
  QUOTE_CONFLICT: 'O pedido não corresponde à cotação.',
  EXCHANGE_UNSUPPORTED: 'Este provedor não troca um ativo pelo outro.',
  QUOTE_REQUIRED: 'Este pagamento precisa de uma cotação firme (quote_id).',
  CUSTOMER_UNKNOWN: '{name} não é um cliente que você registrou aqui.',
  NOTHING_ASKED: 'Esta transação não espera informações.',
};

const fr: Faults = {
  PARAMETER_MISSING: '{name} est requis.',
  PARAMETER_INVALID: "{name} n'est pas valable.",
  PARAMETER_REPEATED: "Un paramètre figure plus d'une fois.",
  ASSET_UNSUPPORTED: 'Cet actif n’est pas proposé ici.',
  ACCOUNT_UNSUPPORTED:
    'Les comptes de contrat (C…) ne sont pas encore acceptés ; utilisez une adresse G… ou M….',
  TRANSACTION_NOT_FOUND: "Cette transaction n'existe pas.",
  CUSTOMER_NOT_FOUND: "Ce client n'existe pas.",
  AMOUNT_TOO_SMALL: 'Le montant minimal est {amount}.',
  AMOUNT_TOO_BIG: 'Le montant maximal est {amount}.',
  AMOUNT_TOO_PRECISE: 'Le montant a au plus {amount} décimales.',
  AMOUNT_BELOW_FEE: 'Le montant ne couvre pas les frais.',
  AMOUNT_INVALID: 'Le montant doit être un nombre décimal comme 100 ou 98.99.',
  AMOUNT_NOT_POSITIVE: 'Le montant doit être supérieur à zéro.',
  MEMO_INVALID: "Le mémo n'est pas valable.",
  MEMO_TYPE_INVALID: 'Le type de mémo doit être text, id ou hash.',
  QUOTE_UNUSABLE: 'Ce devis ne peut pas être utilisé.',
  QUOTE_CONFLICT: 'La demande ne correspond pas au devis.',
  EXCHANGE_UNSUPPORTED: "L'un de ces actifs ne s'échange pas contre l'autre ici.",
  QUOTE_REQUIRED: 'Ce paiement demande un devis ferme (quote_id).',
  CUSTOMER_UNKNOWN: '{name} n’est pas un client que vous avez enregistré ici.',
  NOTHING_ASKED: "Cette transaction n'attend pas d'informations.",
};

const id: Faults = {
  PARAMETER_MISSING: '{name} wajib diisi.',
  PARAMETER_INVALID: '{name} tidak valid.',
  PARAMETER_REPEATED: 'Sebuah parameter diberikan lebih dari sekali.',
  ASSET_UNSUPPORTED: 'Aset tersebut tidak tersedia di sini.',
  ACCOUNT_UNSUPPORTED: 'Akun kontrak (C…) belum didukung; gunakan alamat G… atau M….',
  TRANSACTION_NOT_FOUND: 'Transaksi tersebut tidak ada.',
  CUSTOMER_NOT_FOUND: 'Pelanggan tersebut tidak ada.',
  AMOUNT_TOO_SMALL: 'Jumlah terkecil adalah {amount}.',
  AMOUNT_TOO_BIG: 'Jumlah terbesar adalah {amount}.',
  AMOUNT_TOO_PRECISE: 'Jumlah paling banyak memiliki {amount} desimal.',
  AMOUNT_BELOW_FEE: 'Jumlah tersebut tidak menutup biaya.',
  AMOUNT_INVALID: 'Jumlah harus berupa angka desimal seperti 100 atau 98.99.',
  AMOUNT_NOT_POSITIVE: 'Jumlah harus lebih besar dari nol.',
  MEMO_INVALID: 'Memo tidak valid.',
  MEMO_TYPE_INVALID: 'Jenis memo harus text, id, atau hash.',
  QUOTE_UNUSABLE: 'Penawaran tersebut tidak dapat digunakan.',
  QUOTE_CONFLICT: 'Permintaan tidak sesuai dengan penawaran.',
  EXCHANGE_UNSUPPORTED: 'Aset yang satu tidak ditukar dengan yang lain di sini.',
  QUOTE_REQUIRED: 'Pembayaran ini memerlukan penawaran tetap (quote_id).',
  CUSTOMER_UNKNOWN: '{name} bukan pelanggan yang Anda daftarkan di sini.',
  NOTHING_ASKED: 'Transaksi ini tidak menunggu informasi.',
};

const LANGUAGES: Readonly<Record<string, Faults>> = { es, pt, fr, id };

/** The fault in the language of a tag such as `pt-BR`; in English where it has no words for it. */
export function faultText(fault: Pick<AnchorError, 'code' | 'message'>, tag: string | undefined): string {
  const wanted = (tag ?? '').toLowerCase().split(/[-_]/)[0] ?? '';
  const faults = Object.hasOwn(LANGUAGES, wanted) ? LANGUAGES[wanted] : undefined;
  if (faults === undefined || !Object.hasOwn(faults, fault.code)) return fault.message;
  const values: Record<string, string | undefined> = {
    name: /^(.+) is required\.$/.exec(fault.message)?.[1] ?? fault.message.split(' ')[0],
    amount: /\d+(?:\.\d+)?/.exec(fault.message)?.[0],
  };
  return (faults[fault.code] ?? '').replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
