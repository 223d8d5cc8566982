// Where Live Chat appears: once in each room that Sugar's pages have had for it, and only because the package is installed.

import { filesInPackage, packageWithout } from './harness/zip.mjs';
import { Stage } from './harness/stage.mjs';
import { expect, test } from './harness/test.mjs';

for (const host of ['footer', 'footer-buttons', 'sidebar-nav', 'none']) {
  test.describe(() => {
    test.use({ stageOptions: { host } });

    test(`Live Chat is there exactly once and opens the members, host ${host}`, async ({ stage }) => {
      const sally = await stage.enter('sally');
      await expect(sally.launcher).toHaveCount(1);
      await expect(sally.launcher).toContainText('Live Chat');
      await expect(sally.page.locator('.rl-bar[data-rl-launcher]:visible')).toHaveCount(host === 'none' ? 1 : 0);
      await sally.go('#Contacts');
      await sally.openContact('Gus Dales');
      await expect(sally.launcher).toHaveCount(1);
      await sally.reload();
      await expect(sally.launcher).toHaveCount(1);
      const members = await sally.members();
      await expect(members.row('Sarah Smith')).toBeVisible();
    });
  });
}

test('without the one Ext file that starts the panels nothing of Riverline is on the page', async ({ browser }, testInfo) => {
  const [starter] = (await filesInPackage()).filter((file) => file.includes('/Ext/JSGroupings/'));
  const zip = await packageWithout(starter, testInfo.outputPath('changed.zip'));
  const stage = await Stage.open(browser, testInfo.outputPath('stage'), { zip });
  try {
    const sally = await stage.visit();
    await sally.logIn('sally', { online: false });
    await expect(sally.page.locator('#content')).not.toBeEmpty();
    await expect(sally.launcher).toHaveCount(0);
    expect(await sally.page.evaluate(() => window.SUGAR.App.riverline)).toBeUndefined();
    expect(await stage.sugar.refused()).toEqual([]);
  } finally {
    await stage.close();
  }
});
