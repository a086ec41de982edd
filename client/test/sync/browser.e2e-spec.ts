import type { Page } from 'playwright-core';
import { PASSWORD } from '../../../test/support/api.js';
import { type BrowserPage, serveBrowserPage } from '../support/browser-page.js';
import {
  BROWSER_START_MS,
  type Browser,
  newProfile,
  removeProfile,
  startChromium,
} from '../support/chromium.js';
import { type Account, aRecord, expectSameAsPortal, Portal } from './phones.js';

const profile = newProfile();
let site: BrowserPage;
let browser: Browser;
let portal: Portal;
let account: Account;
beforeAll(async () => {
  site = await serveBrowserPage('client/test/sync/browser-page.ts');
  // Another port is another origin: the portal has to allow it.
  portal = await Portal.open({ CORS_ORIGINS: new URL(site.url).origin });
  account = await portal.account();
  browser = await startChromium(profile);
}, BROWSER_START_MS);
afterAll(async () => {
  await browser.context.close();
  await site.close();
  await portal.close();
  removeProfile(profile);
});

async function openTab(credentials?: { email: string; password: string }): Promise<Page> {
  const tab = await browser.context.newPage();
  await tab.goto(site.url);
  await tab.waitForFunction('globalThis.page');
  await tab.evaluate(`page.opened(${JSON.stringify(portal.app.url)}, ${JSON.stringify(credentials)})`);
  return tab;
}

const digestsIn = (tab: Page) =>
  tab.evaluate(`(async () => {
    const deviceId = await tab.manager.deviceId();
    return [await tab.manager.digest(), (await tab.api.digest({ deviceId })).collections];
  })()`) as Promise<[unknown, unknown]>;

it('a page keeps its records in the browser and is the same as the phones after a sync', async () => {
  const phone = await account.phone();
  for (let i = 0; i < 20; i++) {
    const { clientId } = await phone.manager.records.save('sessions', aRecord('sessions', { timestamp: i }));
    await phone.manager.records.save('phaseStats', aRecord('phaseStats', { sessionId: clientId }));
  }
  await phone.manager.recordSamples('a-session', [{ timestamp: 1, load: 4.5, velocity: -0 }]);
  await phone.manager.syncAll();
  const tab = await openTab({ email: account.email, password: PASSWORD });
  await tab.evaluate(`(async () => {
    for (let i = 0; i < 12; i++) await tab.manager.records.save('routines', { name: 'made in the browser ' + i });
    await tab.manager.syncAll();
    await tab.manager.syncAll();
  })()`);
  await phone.manager.syncAll();
  expect(await phone.manager.records.list('routines')).toHaveLength(12);
  await expectSameAsPortal(phone);
  const [own, theirs] = await digestsIn(tab);
  expect(own).toEqual(theirs);
  expect(await tab.evaluate(`tab.manager.downloadMetrics('a-session').then(({ load }) => load)`)).toEqual([
    4.5,
  ]);
  await tab.close();
});

const edit = (index: number) => `(async () => {
  for (let i = 0; i < 10; i++) await tab.manager.records.save('badges', { badgeId: 'badge ${index} ' + i, earnedAt: i });
  await tab.manager.syncAll();
})()`;

it('is still there, and signed in, when the page is opened again; two tabs share it', async () => {
  const tab = await openTab();
  const other = await openTab();
  expect(await tab.evaluate(`tab.manager.records.list('sessions').then((list) => list.length)`)).toBe(20);
  await Promise.all([tab.evaluate(edit(1)), other.evaluate(edit(2))]);
  await tab.evaluate('tab.manager.syncAll()');
  expect(await other.evaluate(`tab.manager.records.list('badges').then((list) => list.length)`)).toBe(20);
  const [own, theirs] = await digestsIn(other);
  expect(own).toEqual(theirs);
});

it('sends what was saved without a network as soon as the browser says that it is back', async () => {
  const phone = await account.phone();
  const tab = await openTab();
  const stateIs = (state: string) => tab.waitForFunction(`tab.manager.getStatus().state === '${state}'`);
  await tab.evaluate('tab.auto.start()');
  await stateIs('idle');
  await browser.context.setOffline(true);
  await tab.evaluate(`tab.manager.records.save('exercises', {
    name: 'Saved in a tunnel', muscleGroup: 'CORE', equipment: 'BAR', defaultCableConfig: 'DOUBLE',
  })`);
  await tab.evaluate('tab.auto.workoutFinished()');
  await stateIs('offline');
  await browser.context.setOffline(false);
  await stateIs('idle');
  await tab.evaluate('tab.auto.stop()');
  await phone.manager.syncAll();
  expect(await phone.manager.records.list('exercises')).toMatchObject([{ name: 'Saved in a tunnel' }]);
});
