import type { Texts } from './en.ts';

export const es: Texts = {
  'method.type': 'Cómo paga o cómo se le paga.',
  'field.dest': 'Número de la cuenta bancaria que recibirá el pago.',
  'field.destExtra': 'Código de ruta o BIC del banco.',
  'fee.description': 'La comisión de un depósito o retiro, en el activo.',
  'instruction.reference': 'Indique esta referencia en su pago para que podamos asignárselo.',
  'how.reference': 'Páguenos e indique la referencia {reference}.',
  'how.later': 'La forma de pago aparecerá en la transacción en cuanto sus datos estén completos.',
  'how.soon': 'La forma de pago aparecerá en la transacción en un momento.',
  'info.needed': 'Hay que corregir algunos datos de esta transacción.',
  'customer.needed': 'Necesitamos algunos datos suyos antes de continuar.',
  'customer.processing': 'Estamos revisando sus datos.',
  'customer.rejected': 'No podemos ofrecerle este servicio.',
  'sep31.sender': 'Una persona que envía dinero a través de otro anchor.',
  'sep31.receiver': 'Una persona que recibe dinero enviado por otro anchor.',
  'sep31.sender_rejected': 'No podemos aceptar pagos de este remitente.',
  'sep31.receiver_rejected': 'No podemos pagar a este destinatario.',
  'sep31.customers_needed': 'Hay que corregir algunos datos del remitente o del destinatario: véase SEP-12.',
};
