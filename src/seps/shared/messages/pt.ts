import type { Texts } from './en.ts';

export const pt: Texts = {
  'method.type': 'Como você paga ou recebe.',
  'field.dest': 'Número da conta bancária que receberá o pagamento.',
  'field.destExtra': 'Código do banco ou BIC.',
  'fee.description': 'A taxa de um depósito ou saque, no ativo.',
  'instruction.reference': 'Informe esta referência no pagamento para que possamos identificá-lo.',
  'how.reference': 'Pague a nós e informe a referência {reference}.',
  'how.later': 'A forma de pagamento aparecerá na transação assim que seus dados estiverem completos.',
  'how.soon': 'A forma de pagamento aparecerá na transação em instantes.',
  'info.needed': 'Alguns dados desta transação precisam ser corrigidos.',
  'customer.needed': 'Precisamos de alguns dados seus antes de continuar.',
  'customer.processing': 'Estamos analisando seus dados.',
  'customer.rejected': 'Não podemos oferecer este serviço a você.',
  'sep31.sender': 'Uma pessoa que envia dinheiro por meio de outro anchor.',
  'sep31.receiver': 'Uma pessoa que recebe dinheiro enviado por outro anchor.',
  'sep31.sender_rejected': 'Não podemos aceitar pagamentos deste remetente.',
  'sep31.receiver_rejected': 'Não podemos pagar a este destinatário.',
  'sep31.customers_needed':
    'Alguns dados do remetente ou do destinatário precisam ser corrigidos: veja SEP-12.',
};
