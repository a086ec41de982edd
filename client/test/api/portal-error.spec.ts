import { PortalError } from '../../src/api/portal-error.js';

describe('PortalError', () => {
  it.each([
    ['client.offline', true],
    ['client.timeout', true],
    ['client.bad_answer', true],
    ['client.aborted', false],
    ['client.signed_out', false],
    ['client.other_account', false],
    ['client.storage', false],
    ['client.record_too_large', false],
  ])('%s has a sentence of its own and says whether it may go away', (code, retryable) => {
    const error = new PortalError(code);
    expect([error.code, error.retryable, error.status]).toEqual([code, retryable, null]);
    expect(error.message).toMatch(/^[A-Z][^.]+$/);
    expect(error.title).toBe(error.message);
  });

  it('keeps what the portal said, and what caused it', () => {
    const cause = new TypeError('fetch failed');
    const error = new PortalError('sync.busy', { title: 'Busy', status: 503, retryAfterMs: 1000, cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ message: 'Busy', retryable: true, retryAfterMs: 1000, requestId: null });
    expect(error.cause).toBe(cause);
    expect(error.errors).toBeUndefined();
  });
});
