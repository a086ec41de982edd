// npm run chaos -- [--full] [--only 2,16] [--seed N] [--strict] [--document]
// The promises of docs/trust.md against the built server. Ends with 1 if one is broken.
import { runCompiled } from './run-compiled.mjs';

await runCompiled('chaos', { folder: 'test/chaos', needs: ['src', 'test', 'client/src'] });
