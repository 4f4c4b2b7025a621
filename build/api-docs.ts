/** `npm run docs:api`: writes docs/api.md from the declarations of the build. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { apiDocument } from './api/document.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
writeFileSync(`${ROOT}docs/api.md`, apiDocument(ROOT));
