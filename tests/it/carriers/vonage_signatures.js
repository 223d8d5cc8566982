// Vonage's own SDK on signatures. Reads lines of JSON, {secret, params, sig, method} of the SMS API or
// {secret, token} of the Messages API, and prints for each whether it accepts it.
'use strict';
const { AlgorithmTypes } = require('@vonage/auth');
const { verifySignature } = require('@vonage/jwt');
const { SMS } = require('@vonage/sms');

const methods = {
  md5hash: AlgorithmTypes.md5hash,
  md5: AlgorithmTypes.md5hmac,
  sha1: AlgorithmTypes.sha1hmac,
  sha256: AlgorithmTypes.sha256hmac,
  sha512: AlgorithmTypes.sha512hmac,
};
const sms = new SMS({ apiKey: 'none', apiSecret: 'none' });
const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean);
for (const line of lines) {
  const { secret, token, params, sig, method } = JSON.parse(line);
  const accepted = token === undefined
    ? sms.verifySignature(sig, params, secret, methods[method])
    : verifySignature(token, secret);
  process.stdout.write(`${accepted}\n`);
}
