import type { Page } from 'playwright-core';
import { storeContract } from '../../src/store/store-contract.js';
import { serveBrowserPage } from '../support/browser-page.js';
import type { BrowserPage } from '../support/browser-page.js';
import { BROWSER_START_MS, newProfile, removeProfile, startChromium } from '../support/chromium.js';
import type { Browser } from '../support/chromium.js';

const MODULE = 'client/test/store/indexeddb-page.ts';

describe('IndexedDbStore in Chromium', () => {
  const profile = newProfile();
  let site: BrowserPage;
  let browser: Browser;
  let tab: Page;

  const openTab = async (url = site.url): Promise<Page> => {
    const opened = await browser.context.newPage();
    await opened.goto(url);
    await opened.waitForFunction('globalThis.page');
    return opened;
  };

  beforeAll(async () => {
    site = await serveBrowserPage(MODULE);
    browser = await startChromium(profile);
    tab = await openTab();
  }, BROWSER_START_MS);

  afterAll(async () => {
    await (browser as Browser | undefined)?.context.close();
    await site.close();
    removeProfile(profile);
  });

  it.each(storeContract())('$title', async ({ title }) => {
    await tab.evaluate(`page.runCase(${JSON.stringify(title)})`);
  });

  it('lets two tabs write one at a time', async () => {
    const other = await openTab();
    await Promise.all([tab, other].map((each) => each.evaluate(`page.countTo('tabs', 100)`)));
    await other.close();
    expect(await tab.evaluate(`page.open('tabs').then((store) => page.get(store, 'meta', 'count'))`)).toBe(
      200,
    );
  });

  it(
    'keeps what was acknowledged when the browser is killed',
    async () => {
      await tab.evaluate(`(async () => {
      const store = await page.open('killed');
      await page.put(store, 'meta', 'kept', { zero: -0 });
      // Under way when the browser dies: all of it or nothing.
      void store.write(async (tx) => {
        for (let at = 0; at < 100000; at++) await tx.put('records', 'key/' + at, at);
      });
    })()`);
      await browser.kill();
      browser = await startChromium(profile);
      tab = await openTab();
      const found = await tab.evaluate(`(async () => {
      const store = await page.open('killed');
      return [await page.get(store, 'meta', 'kept'), await store.read((tx) => tx.count('records'))];
    })()`);
      expect(found).toEqual([{ zero: -0 }, 0]);
    },
    BROWSER_START_MS,
  );

  describe('when the work of a transaction awaits something foreign', () => {
    const CASES = {
      'between its writes': `await tx.put('meta', 'a', 1); await page.elsewhere(); await tx.put('meta', 'b', 1);`,
      'before its writes': `await page.elsewhere(); await tx.put('meta', 'a', 1);`,
      'after its writes': `await tx.put('meta', 'a', 1); await page.elsewhere();`,
      'and catches the error': `await tx.put('meta', 'a', 1); await page.elsewhere();
        await tx.put('meta', 'b', 1).catch(() => undefined);`,
    };
    it.each(Object.entries(CASES))('%s, says so and saves nothing', async (name, work) => {
      const [error, count, next] = await tab.evaluate<[unknown, number, number]>(`(async () => {
        const store = await page.open(${JSON.stringify(`foreign ${name}`)});
        const error = await page.errorOf(store.write(async (tx) => { ${work} }));
        const count = await store.read((tx) => tx.count('meta'));
        await page.put(store, 'meta', 'next', 7);
        return [error, count, await page.get(store, 'meta', 'next')];
      })()`);
      expect(error).toMatchObject({
        code: 'client.storage',
        message: expect.stringContaining('await') as string,
      });
      expect([count, next]).toEqual([0, 7]);
    });

    it('in a read, says so', async () => {
      const error = await tab.evaluate(`(async () => {
        const store = await page.open('foreign read');
        return page.errorOf(store.read(async (tx) => {
          await tx.get('meta', 'a');
          await page.elsewhere();
          await tx.get('meta', 'a');
        }));
      })()`);
      expect(error).toMatchObject({ code: 'client.storage' });
    });

    it('may await promises that need nothing from outside', async () => {
      const got = await tab.evaluate(`(async () => {
        const store = await page.open('microtasks');
        return store.write(async (tx) => {
          await tx.put('meta', 'a', 1);
          for (let at = 0; at < 1000; at++) await Promise.resolve(at);
          await Promise.all([tx.put('meta', 'b', 2), Promise.resolve()]);
          return tx.count('meta');
        });
      })()`);
      expect(got).toBe(2);
    });
  });

  describe('when something happens to the database', () => {
    it('makes way for a newer version of the app in another tab', async () => {
      const other = await openTab();
      await tab.evaluate(
        `page.open('newer').then((store) => { page.kept = store; return page.put(store, 'meta', 'a', 1); })`,
      );
      expect(await other.evaluate(`page.openVersion('newer', 2)`)).toBe(2);
      await other.close();
      const reload = { code: 'client.storage', message: expect.stringContaining('reload') as string };
      expect(await tab.evaluate(`page.errorOf(page.get(page.kept, 'meta', 'a'))`)).toMatchObject(reload);
      expect(await tab.evaluate(`page.errorOf(page.open('newer'))`)).toMatchObject(reload);
    });

    it('makes way for its deletion, and does not go on with an empty one', async () => {
      await tab.evaluate(
        `page.open('deleted').then((store) => { page.kept = store; return page.put(store, 'meta', 'a', 1); })`,
      );
      await tab.evaluate(`page.deleteDatabase('deleted')`);
      expect(await tab.evaluate(`page.errorOf(page.get(page.kept, 'meta', 'a'))`)).toMatchObject({
        code: 'client.storage',
        message: expect.stringContaining('deleted') as string,
      });
    });

    it('opens it again when the browser has closed the connection', async () => {
      const got = await tab.evaluate(`(async () => {
        const store = await page.open('connection');
        await page.put(store, 'meta', 'a', 1);
        page.closeConnections();
        await page.put(store, 'meta', 'b', 2);
        return [await page.get(store, 'meta', 'a'), await page.get(store, 'meta', 'b')];
      })()`);
      expect(got).toEqual([1, 2]);
    });

    it('does not go on with an empty one when the user has cleared the data of the site', async () => {
      const other = await openTab();
      await other.evaluate(
        `page.open('cleared').then((store) => { page.kept = store; return page.put(store, 'meta', 'a', 1); })`,
      );
      const session = await browser.context.newCDPSession(other);
      await session.send('Storage.clearDataForOrigin', {
        origin: new URL(site.url).origin,
        storageTypes: 'indexeddb',
      });
      expect(await other.evaluate(`page.errorOf(page.get(page.kept, 'meta', 'a'))`)).toMatchObject({
        code: 'client.storage',
        message: expect.stringContaining('deleted') as string,
      });
      await other.close();
    });

    it('says that the storage is full, and keeps what it has', async () => {
      // A site of its own: Chromium remembers for a while how much room one had.
      const small = await serveBrowserPage(MODULE);
      const other = await openTab(small.url);
      const session = await browser.context.newCDPSession(other);
      const { origin } = new URL(small.url);
      await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 2_000_000 });
      const [error, kept] = await other.evaluate<[unknown, unknown]>(`(async () => {
        const store = await page.open('quota');
        await page.put(store, 'meta', 'a', 1);
        const large = Array.from({ length: 1_000_000 }, Math.random);
        const error = await page.errorOf(page.put(store, 'samples', 'large', large));
        await page.put(store, 'samples', 'small', 1);
        return [error, await page.get(store, 'meta', 'a')];
      })()`);
      await other.close();
      await small.close();
      expect(error).toMatchObject({
        code: 'client.storage',
        message: expect.stringContaining('full') as string,
      });
      expect(kept).toBe(1);
    });
  });
});
