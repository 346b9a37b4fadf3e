import { reopenCustomer } from '../../customers/index.ts';
import { customerCommand, typeOption } from '../customers.ts';

export default customerCommand((customers, id, how, given) =>
  reopenCustomer(customers, id, typeOption(given), how),
);
