import type { Texts } from './en.ts';

export const fr: Texts = {
  'method.type': 'Comment vous payez ou êtes payé.',
  'field.dest': 'Numéro du compte bancaire à créditer.',
  'field.destExtra': 'Code guichet ou BIC de la banque.',
  'fee.description': "Les frais d'un dépôt ou d'un retrait, dans l'actif.",
  'instruction.reference':
    'Indiquez cette référence avec votre paiement, afin que nous puissions vous l’attribuer.',
  'how.reference': 'Payez-nous en indiquant la référence {reference}.',
  'how.later': 'La marche à suivre figurera dans la transaction dès que vos données seront complètes.',
  'how.soon': 'La marche à suivre figurera dans la transaction dans un instant.',
  'info.needed': 'Certaines données de cette transaction doivent être corrigées.',
  'customer.needed': 'Nous avons besoin de quelques données vous concernant avant de continuer.',
  'customer.processing': 'Nous examinons vos données.',
  'customer.rejected': 'Nous ne pouvons pas vous proposer ce service.',
  'sep31.sender': 'Une personne qui envoie de l’argent par un autre anchor.',
  'sep31.receiver': 'Une personne qui reçoit de l’argent envoyé par un autre anchor.',
  'sep31.sender_rejected': 'Nous ne pouvons pas accepter de paiements de cet expéditeur.',
  'sep31.receiver_rejected': 'Nous ne pouvons pas payer ce bénéficiaire.',
  'sep31.customers_needed': 'Des données de l’expéditeur ou du bénéficiaire sont à corriger : voir SEP-12.',
};
