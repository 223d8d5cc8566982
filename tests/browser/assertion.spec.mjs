// Sugar vouches for its users itself: for a Sugar that binds every login to one client and shows its tokens to nobody.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contactId, expect, test } from './harness/test.mjs';

const KEY = '0123456789abcdef0123456789abcdef';
// Secrets come from files.
const keyFile = join(mkdtempSync(join(tmpdir(), 'riverline-')), 'key');
writeFileSync(keyFile, KEY);

test.use({ stageOptions: { settings: ['sugar.sign_in=assertion', `sugar.assertion_key_file=${keyFile}`] } });

test('an admin saves the key once, and the whole journey goes without a token leaving Sugar', async ({ stage }) => {
  await stage.sugar.switch('ip_check', 'agent');
  const seen = [];
  const admin = await stage.visit();
  admin.expectComplaint(/401|404/);
  await admin.logIn('admin', { online: false });
  await admin.hasStatus('refused');
  await admin.go('#Administration/layout/riverline-config');
  await admin.page.getByLabel('Assertion key').fill(KEY);
  await admin.page.getByLabel('Assertion key').press('Enter');
  await expect(admin.page.locator('.rl-answer')).toContainText('Saved');
  await expect(admin.page.getByText('A key is saved.')).toBeVisible();
  await admin.isOnline();

  const sally = await stage.visit();
  // A renewal and a sign-in are told which records they have to state.
  sally.expectComplaint(/status of 409/);
  sally.page.on('request', (request) => {
    if (request.url().startsWith(stage.service.url)) seen.push(request.headers());
  });
  await sally.logIn('sally');
  const window = await sally.textContact('Gus Dales');
  await window.say('It left this morning.');
  await expect(window.lastState).toContainText('Delivered');
  await stage.phone.text('+14155552671', 'Thank you.');
  await expect(window.message('Thank you.')).toBeVisible();
  await sally.page.evaluate(() => window.SUGAR.App.riverline.desk.api._signIn._renew());
  await expect.poll(() => seen.filter((headers) => headers['sugar-token']).length).toBeGreaterThan(2);
  // And so is the sign-in of a page that comes back to an open session.
  await sally.reload();
  await expect(window.message('Thank you.')).toBeVisible();
  await window.close();
  await stage.sugar.waitForNotes(contactId('Gus Dales'), 1);

  const proofs = seen.flatMap((headers) => [headers['sugar-token'], headers.authorization?.replace('Bearer ', '')]);
  const sugars = await sally.page.evaluate(() => window.SUGAR.App.api.getOAuthToken());
  expect(proofs).not.toContain(sugars);
  expect(proofs.filter(Boolean).every((proof) => proof.startsWith('rla1.') || proof.startsWith('rls_'))).toBe(true);
  expect(await sally.page.evaluate(() => JSON.stringify(window.SUGAR.App.config))).not.toContain(KEY);
});
