// The picture in the README, taken from the real panels. Run: RL_SCREENSHOT=1 npm run browser -- screenshot

import { readmePicture } from './harness/paths.mjs';
import { GUS, expect, test } from './harness/test.mjs';

if (process.env.RL_SCREENSHOT) {
  test('the picture of the panels for the README', async ({ stage }) => {
    const sally = await stage.enter('sally');
    const sarah = await stage.enter('sarah');
    await stage.enter('will');
    const jim = await stage.enter('jim');
    await (await jim.members()).myPresence.selectOption('busy');
    await sally.page.setViewportSize({ width: 1280, height: 640 });

    const withJim = await sally.chatWith('Jim Brennan');
    await withJim.minimise();
    const fromJim = await jim.chatWith('Sally Bronsen');
    for (const text of ['Sally?', 'The forecast', 'Never mind, found it']) await fromJim.say(text);
    await expect(withJim.newMark).toHaveText('New 3');

    const gus = await sally.textContact('Gus Dales');
    await stage.phone.text(GUS, 'Hi, is my order on its way?');
    await expect(gus.message('on its way')).toBeVisible();
    await gus.say("It left this morning. You'll have it by noon tomorrow.");
    await expect(gus.messages.last()).toHaveAttribute('data-state', 'delivered');
    await stage.phone.behave('fail');
    await gus.say('Would 11:30 suit you?');
    await expect(gus.messages.last()).toHaveAttribute('data-state', 'failed');
    await gus.draft.fill('Anyone can sign for it');

    const withSarah = await sally.chatWith('Sarah Smith');
    const atSarah = await sarah.chatWith('Sally Bronsen');
    await atSarah.say('The Dales order is packed.');
    await withSarah.say('Great. He just asked for it, I told him noon.');
    await expect(withSarah.root.locator('.rl-meta').last()).toContainText('Read');
    await atSarah.draft.pressSequentially('On');
    await expect(withSarah.root.locator('.rl-typing')).toBeVisible();
    await sally.page.screenshot({ path: readmePicture });
  });
}
