import { refusingUnknownZone, zoneNameOf } from './time-zone.js';

describe('the name of a time zone', () => {
  it.each(['Europe/Berlin', 'europe/berlin', 'Etc/GMT+5', 'America/Argentina/Buenos_Aires'])(
    'goes to the database as it was sent: %s',
    (name) => {
      expect(zoneNameOf(name)).toBe(name);
    },
  );

  it('is resolved where the database would take it for an abbreviation without summer time', () => {
    expect(zoneNameOf('CET')).toMatch(/\//);
    expect(zoneNameOf('UTC')).toBe('UTC');
  });

  it.each(['', 'Nowhere', '+01:00', '-0530', 'FOO5', 'U\u0000TC'])('is refused if it is none: %j', (name) => {
    expect(zoneNameOf(name)).toBeNull();
  });
});

describe('a zone that only the database does not know', () => {
  it('is a fault of the request', async () => {
    const failed = Promise.reject(Object.assign(new Error('time zone not recognized'), { code: '22023' }));
    await expect(refusingUnknownZone(failed)).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('is told from any other failure', async () => {
    const failure = new Error('gone');
    await expect(refusingUnknownZone(Promise.reject(failure))).rejects.toBe(failure);
    await expect(refusingUnknownZone(Promise.resolve(1))).resolves.toBe(1);
  });
});
