// Twilio's own SDK on signatures. Reads lines of JSON {token, url, params, signature?} and prints for
// each, as a line of JSON, the signature it expects and whether it accepts the one given.
'use strict';
const { getExpectedTwilioSignature, validateRequest } = require('twilio/lib/webhooks/webhooks');

const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean);
for (const line of lines) {
  const { token, url, params, signature } = JSON.parse(line);
  const expected = getExpectedTwilioSignature(token, url, params);
  const accepted = validateRequest(token, signature ?? expected, url, params);
  process.stdout.write(`${JSON.stringify({ expected, accepted })}\n`);
}
