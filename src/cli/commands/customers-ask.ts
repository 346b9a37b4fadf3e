import { decideCustomer } from '../../customers/index.ts';
import { fieldNames, messageOption } from '../customer-message.ts';
import { customerCommand, typeOption } from '../customers.ts';

export default customerCommand((customers, id, how, given) => {
  const { message } = messageOption(given);
  const fields = Object.fromEntries(fieldNames(given).map((name) => [name, message ?? '']));
  return decideCustomer(customers, id, typeOption(given), { status: 'NEEDS_INFO', fields }, how);
});
