import * as fc from 'fast-check';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { AppError } from '../common/app-error.js';
import { readEnvelope, SyncPullRequest, SyncPushRequest } from './envelope.js';

const number = fc.oneof(
  fc.integer({ min: -3, max: 5 }),
  fc.constantFrom(0.5, Infinity, 2 ** 53, -(2 ** 60)),
  fc.constantFrom(null, undefined, '1', true, []),
);
const text = fc.oneof(
  fc.string({ maxLength: 4, unit: 'binary' }),
  fc.constantFrom('', '\u0000', '\ud800', 'a'.repeat(50), 'a'.repeat(51), 'a'.repeat(129), '😀'.repeat(128)),
  fc.constantFrom(null, undefined, 7, {}),
);
const envelope = fc.record(
  {
    deviceId: text,
    lastSync: number,
    epoch: number,
    receipt: number,
    deviceName: text,
    platform: text,
    limit: number,
  },
  { requiredKeys: [] },
);

/** What the declared rules say by themselves. */
const isLegal = (type: new () => object, sent: object) =>
  validateSync(plainToInstance(type, sent)).length === 0;

function isAccepted(type: typeof SyncPullRequest | typeof SyncPushRequest, sent: object): boolean {
  try {
    readEnvelope(type, sent);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return false;
  }
}

describe('the envelope of a push or a pull', () => {
  for (const type of [SyncPullRequest, SyncPushRequest])
    it(`is accepted exactly if the rules of ${type.name} are kept`, () => {
      fc.assert(
        fc.property(envelope, (sent) => {
          expect(isAccepted(type, sent)).toBe(isLegal(type, sent));
        }),
        { numRuns: 2000 },
      );
    });

  it('is read without the sections beside it', () => {
    const read = readEnvelope(SyncPushRequest, { deviceId: 'a', lastSync: 3, sessions: [{}], extra: 1 });
    expect(Object.fromEntries(Object.entries(read))).toEqual({ deviceId: 'a', lastSync: 3 });
    expect(read).toBeInstanceOf(SyncPushRequest);
  });
});
