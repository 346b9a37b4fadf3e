// Loads a TypeScript file of this folder in a process of its own.
import { createJiti } from 'jiti';

await createJiti(import.meta.url).import(new URL(process.argv[2], import.meta.url).href);
