import type { CollectionDefinition } from '../../src/sync/collection-definition.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { conflictLaws } from './conflict-laws.js';
import { deliveryLaws } from './delivery-laws.js';
import { identityLaws } from './identity-laws.js';
import { LawBench } from './law-bench.js';
import { mergeLaws } from './merge-laws.js';
import { refusalLaws } from './refusal-laws.js';

/** The law book of sync-protocol.md, for one collection of arrays. */
export function syncLaws(definition: CollectionDefinition): void {
  describe(`laws of ${definition.name}`, () => {
    let app: TestApp;
    let bench: LawBench;
    beforeAll(async () => {
      app = await startTestApp();
    });
    afterAll(() => app.close());
    beforeEach(async () => {
      bench = await new LawBench(app, definition).open();
    });

    identityLaws(() => bench);
    mergeLaws(() => bench);
    conflictLaws(() => bench);
    deliveryLaws(() => bench);
    refusalLaws(() => bench, definition);
  });
}
