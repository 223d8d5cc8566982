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
  const stage = await stageWithout('/Ext/JSGroupings/', browser, testInfo);
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

test("without the footer's Ext file Live Chat leaves the footer and has a bar of its own", async ({ browser }, testInfo) => {
  const stage = await stageWithout('/Ext/clients/base/layouts/footer/', browser, testInfo);
  try {
    const sally = await stage.enter('sally');
    await expect(sally.launcher).toHaveCount(1);
    await expect(sally.page.locator('#footer [data-rl-launcher]')).toHaveCount(0);
    await expect(sally.page.locator('.rl-bar[data-rl-launcher]')).toBeVisible();
    await stage.nothingWasOdd();
  } finally {
    await stage.close();
  }
});

/** A stage with the package, less its one file whose path holds this part. */
async function stageWithout(part, browser, testInfo) {
  const files = (await filesInPackage()).filter((file) => file.includes(part));
  expect(files).toHaveLength(1);
  const zip = await packageWithout(files[0], testInfo.outputPath('changed.zip'));
  return Stage.open(browser, testInfo.outputPath('stage'), { zip });
}
