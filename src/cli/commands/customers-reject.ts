import { decideCustomer } from '../../customers/index.ts';
import { messageOption } from '../customer-message.ts';
import { customerCommand, typeOption } from '../customers.ts';

export default customerCommand((customers, id, how, given) =>
  decideCustomer(customers, id, typeOption(given), { status: 'REJECTED', ...messageOption(given) }, how),
);
