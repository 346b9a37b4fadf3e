export { type Freeze, freezeSigning, readFreeze } from '../transfers/freeze.ts';
