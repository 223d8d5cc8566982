// What specs import: Playwright's test with a stage for each test.

import { test as base } from '@playwright/test';
import { Stage } from './stage.mjs';

export { expect } from '@playwright/test';
export { GUS } from './phone.mjs';
export { OUR_NUMBER } from './service.mjs';
export { contactId } from './sugar.mjs';

export const test = base.extend({
  /** See Stage.open. */
  stageOptions: [{}, { option: true }],

  /** The output folder of a failed test keeps both programs' logs and data. */
  stage: async ({ browser, stageOptions }, use, testInfo) => {
    const stage = await Stage.open(browser, testInfo.outputPath('stage'), stageOptions);
    try {
      await use(stage);
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('what the pages complained about', { body: stage.complaints.join('\n'), contentType: 'text/plain' });
      }
      await stage.nothingWasOdd();
    } finally {
      await stage.close();
    }
  },
});
