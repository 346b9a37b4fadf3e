export {
  type BankCredit,
  type BankFault,
  type BankReturn,
  defineForm,
  defineIntegrations,
  type FeeRequest,
  type FlowIntegration,
  type FormDefinition,
  type FormField,
  type HookContext,
  type Instruction,
  type Integrations,
  type Json,
  type PageContent,
  type PayoutAnswer,
  type PayoutLookup,
  type PayoutOrder,
  type RailsEvent,
  type RailsIntegration,
  type RailsWebhook,
  type Sep31Field,
  type Sep31Integration,
  type Sep31Request,
  type Sep31Verdict,
  type TestBank,
  type TomlAdditions,
  type TransactionContext,
  type TransactionView,
} from './config/integrations.ts';
export { formatAmount, parseAmount } from './kernel/amounts.ts';
export { AnchorError } from './kernel/errors.ts';
export { type FakeBank, fakeBank } from './rails/fake-bank/index.ts';
export { type BankDesk, type OpenAnchorOptions, openAnchor } from './server/open-anchor.ts';
