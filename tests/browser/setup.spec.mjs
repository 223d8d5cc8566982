// What an admin sets in Sugar, and what everybody sees while something of it is missing.

import { expect, test } from './harness/test.mjs';

test('an admin takes the address away and brings it back; without it Live Chat says that nothing is set up', async ({ stage }) => {
  const admin = await stage.enter('admin');
  const jim = await stage.enter('jim');
  await admin.go('#Administration/layout/riverline-config');
  const address = admin.page.getByLabel('Address of the Riverline service');
  const answer = admin.page.locator('.rl-answer');
  await expect(address).toHaveValue(stage.service.url);
  await admin.page.getByRole('button', { name: 'Test connection' }).click();
  await expect(answer).toContainText(/Riverline [\d.]+ answers/);

  await address.fill('');
  await address.press('Enter');
  await expect(answer).toContainText('Saved');
  await jim.page.reload();
  await jim.page.locator('[data-rl-action="members"]:visible').click();
  await expect(jim.page.locator('#alerts')).toContainText('Riverline is not set up yet');

  await address.fill('chat.example.com');
  await address.press('Enter');
  await expect(answer).toContainText('This is not an address');
  await address.fill(stage.service.url);
  await address.press('Enter');
  await expect(answer).toContainText('Saved');
  await jim.reload();
  await expect((await jim.members()).row('Administrator')).toBeVisible();
});

test("while Sugar's Content Security Policy blocks the connection, everybody is told, and an admin what to add", async ({ stage }) => {
  await stage.sugar.switch('csp_without_riverline', true);
  for (const [user, words] of [['jim', 'Ask your administrator'], ['admin', `Add this under Administration, Content Security Policy Settings: ${stage.service.url}`]]) {
    const person = await stage.visit();
    person.expectComplaint(/Content Security Policy/);
    await person.logIn(user, { online: false });
    await person.page.locator('[data-rl-action="members"]:visible').click();
    await expect(person.page.locator('.rl-strip, #alerts').filter({ hasText: words }).first()).toBeVisible();
  }
});
