// Texts that did not go: said where the user looks, kept, and sent again by a click.

import { GUS, contactId, expect, test } from './harness/test.mjs';

test('after STOP the composer says since when and what to do, in every tab; the words are kept and go out after START', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.textContact('Gus Dales');
  await window.say('Our offer of the week');
  const second = await stage.anotherTab(sally);
  const there = second.sms('Gus Dales');
  await expect(there.draft).toBeVisible();
  await window.draft.fill('One more thing');
  await window.draft.focus();
  await stage.phone.text(GUS, 'STOP');
  await expect(window.noTexts).toHaveText(/^Since \d\d:\d\d[ap]m, Gus Dales wants no texts from Support\. They can text START/);
  await expect(there.noTexts).toHaveText(/Gus Dales wants no texts/);
  await expect(there.draft).toBeHidden();
  await expect(window.action('send')).toBeHidden();
  await expect(window.action('record-consent')).toHaveCount(0);
  await expect(window.draft).toHaveJSProperty('readOnly', true);
  await sally.reload();
  await expect(window.noTexts).toBeVisible();
  await expect(window.strip).toBeHidden();
  await stage.phone.text(GUS, 'START');
  await expect(window.noTexts).toBeHidden();
  await expect(there.draft).toBeVisible();
  await expect(window.draft).toHaveValue('One more thing');
  await window.draft.press('Enter');
  await expect(window.message('One more thing')).toHaveAttribute('data-state', 'delivered');
  await expect(window.strip).toBeHidden();
});

test('an administrator records that they want texts again, and says how they said so', async ({ stage }) => {
  const admin = await stage.enter('admin');
  const window = await admin.textContact('Gus Dales');
  await window.opened();
  await window.draft.focus();
  await stage.phone.text(GUS, 'STOP');
  await expect(window.noTexts).toBeVisible();
  await expect(window.log).toBeFocused();
  await window.action('record-consent').click();
  const how = window.root.getByLabel('How did they say that they want texts again?');
  await expect(how).toBeFocused();
  await admin.page.keyboard.press('Escape');
  await expect(how).toBeHidden();
  await expect(window.action('record-consent')).toBeFocused();
  await admin.page.keyboard.press('Enter');
  await admin.page.keyboard.press('Enter');
  await expect(window.root.getByRole('alert').filter({ visible: true })).toHaveText('Write first how they said so.');
  await how.fill('Called us on Monday');
  await admin.page.keyboard.press('Enter');
  await expect(window.noTexts).toBeHidden();
  await expect(window.draft).toBeFocused();
  await window.say('Welcome back');
  const { token } = await stage.signIn('admin');
  const [last] = (await stage.service.call('GET', '/v1/consents', { token })).body.items;
  expect([last.kind, last.source, last.text]).toEqual(['opt_in', 'member', 'Called us on Monday']);
});

test('a record that forbids texts says so in its window, until Sugar says otherwise', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.textContact('Gus Dales');
  await window.opened();
  const mark = (is) => stage.sugar.change('admin', 'Contacts', contactId('Gus Dales'), { do_not_call: is });
  await mark(true);
  // Sugar shows the record to whoever opens it next.
  const { token, sugarToken } = await stage.signIn('sarah');
  const body = { module: 'Contacts', record_id: contactId('Gus Dales') };
  const refused = await stage.service.call('POST', '/v1/sms-sessions', { token, body, headers: { 'Sugar-Token': sugarToken } });
  expect(refused.body.code).toBe('do_not_text');
  await expect(window.noTexts).toHaveText(/^Gus Dales is marked in Sugar as not to be called or texted\./);
  await expect(window.draft).toBeHidden();
  await window.action('check-consent').click();
  await expect(window.noTexts).toHaveText(/^Gus Dales is marked/);
  await mark(false);
  await window.action('check-consent').click();
  await expect(window.noTexts).toBeHidden();
  await window.say('Hello again');
});

test('what looks like a wish for no more texts is asked about: dismissed for good, or the number is blocked', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.textContact('Gus Dales');
  await stage.phone.text(GUS, 'I will stop by tomorrow');
  await expect(window.message('stop by')).toBeVisible();
  await expect(window.suspicion).toBeHidden();
  await stage.phone.text(GUS, 'Sorry, wrong number!');
  await expect(window.suspicion).toContainText('This looks like they want no more texts. “Sorry, wrong number!”');
  await window.action('no-opt-out').focus();
  await sally.page.keyboard.press('Enter');
  await expect(window.suspicion).toBeHidden();
  await expect(window.draft).toBeFocused();
  await sally.reload();
  await expect(window.message('wrong number')).toBeVisible();
  await expect(window.suspicion).toBeHidden();
  await stage.phone.text(GUS, 'please stop texting me');
  await expect(window.suspicion).toContainText('“please stop texting me”');
  await window.action('block').focus();
  await sally.page.keyboard.press('Enter');
  await expect(window.noTexts).toContainText('Gus Dales wants no texts from Support');
  await expect(window.suspicion).toBeHidden();
  await expect(window.log).toBeFocused();
  const { token } = await stage.signIn('admin');
  const { items } = (await stage.service.call('GET', '/v1/consents', { token })).body;
  expect(items.map((event) => [event.kind, event.source])).toEqual([['opt_out', 'member']]);
  expect(items[0].text).toMatch(/^"please stop texting me" \(text [0-9a-f-]{36}\)$/);
});

test('a failed text is sent again as one new text', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.textContact('Gus Dales');
  await stage.phone.behave('fail');
  await window.say('Hello?');
  await expect(window.messages.last()).toHaveAttribute('data-state', 'failed');
  await stage.phone.behave('deliver');
  await expect(window.action('retry')).toHaveText('Send again');
  await window.action('retry').dblclick();
  await expect(window.messages).toHaveCount(2);
  await expect(window.messages.last()).toHaveAttribute('data-state', 'delivered');
  await expect(window.action('retry')).toHaveCount(0);
  await sally.reload();
  await expect(window.messages).toHaveCount(2);
  await expect(window.action('retry')).toHaveCount(0);
});

test.describe(() => {
  // Quiet all day where Gus is, but for a minute that has just passed.
  const there = (minutes) => new Date(Date.now() - minutes * 60_000).toLocaleTimeString('en-GB', { timeZone: 'America/Los_Angeles', hour: '2-digit', minute: '2-digit' });
  test.use({ stageOptions: { settings: ['sms.quiet=warn', `sms.quiet_from=${there(2)}`, `sms.quiet_to=${there(3)}`] } });

  test('a text into somebody\'s night waits for a click: to go out in the morning, or now', async ({ stage }) => {
    const sally = await stage.enter('sally');
    const window = await sally.textContact('Gus Dales');
    for (const text of ['Good morning', 'It burns!']) {
      await window.draft.fill(text);
      await window.draft.press('Enter');
      await expect(window.message(text)).toHaveAttribute('data-state', 'refused');
      // Without the day when it is still today for Sally, which at her midnight it is.
      await expect(window.message(text).locator('[data-rl-action="later"]')).toHaveText(/^Send at (\d\d\/\d\d\/\d{4} )?\d\d:\d\d[ap]m$/);
    }
    await window.message('Good morning').locator('[data-rl-action="later"]').click();
    await expect(window.message('Good morning')).toHaveAttribute('data-state', 'scheduled');
    await expect(window.message('Good morning')).toContainText('Goes out at');
    await window.message('It burns!').locator('[data-rl-action="retry"]').click();
    await expect(window.message('It burns!')).toHaveAttribute('data-state', 'delivered');
    expect(await stage.phone.received(GUS)).toEqual(['It burns!']);
    const cancel = window.message('Good morning').locator('[data-rl-action="cancel"]');
    await expect(cancel).toHaveText('Cancel');
    await expect(window.action('cancel')).toHaveCount(1);
    await cancel.focus();
    await sally.page.keyboard.press('Enter');
    await expect(window.message('Good morning')).toHaveAttribute('data-state', 'canceled');
    await expect(window.message('Good morning')).toContainText('Called off');
    await expect(cancel).toHaveCount(0);
    await expect(window.draft).toBeFocused();
  });
});
