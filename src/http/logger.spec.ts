import { loggedError } from './logger.js';

describe('errors in the log', () => {
  it('carry what helps and none of what people stored', () => {
    const driverError = Object.assign(
      new Error('duplicate key value violates unique constraint "users_email"'),
      {
        code: '23505',
        detail: 'Key (email)=(maria@example.org) already exists.',
        where: 'COPY users',
      },
    );
    const thrown = Object.assign(new Error('failed', { cause: driverError }), {
      query: 'insert into users values ($1)',
      parameters: ['maria@example.org'],
    });
    const logged = loggedError(thrown);
    expect(logged).toMatchObject({ type: 'Error', message: 'failed', cause: { code: '23505' } });
    expect(logged.stack).toContain('logger.spec');
    expect(JSON.stringify(logged)).not.toContain('maria');
  });

  it('survives what is no error, and errors that cause each other', () => {
    expect(loggedError('text')).toEqual({ type: 'string', message: 'not an Error' });
    const first = new Error('a');
    const second = new Error('b', { cause: first });
    first.cause = second;
    expect(JSON.stringify(loggedError(first)).length).toBeLessThan(20_000);
  });
});
