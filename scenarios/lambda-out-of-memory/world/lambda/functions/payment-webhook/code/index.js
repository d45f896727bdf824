const { createHmac, timingSafeEqual } = require('crypto');
const { SecretsManagerClient, GetSecretValueCommand } = require('@aws-sdk/client-secrets-manager');
const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs');

const secrets = new SecretsManagerClient({});
const sqs = new SQSClient({});
let key;

exports.handler = async (event) => {
  key = key || (await secrets.send(new GetSecretValueCommand({ SecretId: process.env.SIGNING_KEY_ARN }))).SecretString;
  const expected = createHmac('sha256', key).update(event.body || '').digest();
  const given = Buffer.from(event.headers['x-signature'] || '', 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    console.log('signature rejected');
    return { statusCode: 401, body: '' };
  }
  await sqs.send(new SendMessageCommand({ QueueUrl: process.env.QUEUE_URL, MessageBody: event.body }));
  console.log('event accepted');
  return { statusCode: 202, body: '' };
};
