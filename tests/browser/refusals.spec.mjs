// Texts that did not go: said where the user looks, kept, and sent again by a click.

import { GUS, expect, test } from './harness/test.mjs';

test('after STOP a text is refused with the reason and the day, and the words stay in the composer', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.textContact('Gus Dales');
  await window.say('Our offer of the week');
  await stage.phone.text(GUS, 'STOP');
  await expect(window.message('STOP')).toBeVisible();
  await window.draft.fill('One more thing');
  await window.draft.press('Enter');
  await expect(window.strip).toHaveText(/Gus Dales has opted out by STOP on \d\d\/\d\d\/\d{4}\. No text goes there/);
  await expect(window.draft).toHaveValue('One more thing');
  await expect(window.message('One more thing')).toHaveCount(0);
  await stage.phone.text(GUS, 'START');
  await expect(window.message('START')).toBeVisible();
  await window.draft.press('Enter');
  await expect(window.message('One more thing')).toHaveAttribute('data-state', 'delivered');
  await expect(window.strip).toBeHidden();
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
      await expect(window.message(text).locator('[data-rl-action="later"]')).toHaveText(/^Send at \d\d\/\d\d\/\d{4} \d\d:\d\d[ap]m$/);
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
